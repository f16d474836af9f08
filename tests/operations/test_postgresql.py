"""PostgreSQL compiles no query of the site (JIT): that takes longer than it saves."""

import pytest
from django.db import connection

# A query of which PostgreSQL expects much work.
COSTLY = "SELECT sum(sqrt(number)) FROM generate_series(1, 1000) number"


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL compiles queries")
def test_no_query_is_compiled():
    with connection.cursor() as cursor:
        # With this cost, PostgreSQL would compile every query, unless the site had turned that off.
        cursor.execute("SET LOCAL jit_above_cost = 0")
        cursor.execute(f"EXPLAIN {COSTLY}")
        assert not [line for (line,) in cursor if line.startswith("JIT")]
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
