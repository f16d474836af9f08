"""How the site uses PostgreSQL."""

import pytest
from django.db import connection

COSTLY = "SELECT sum(sqrt(number)) FROM generate_series(1, 1000) number"


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL compiles queries")
def test_no_query_is_compiled():
    with connection.cursor() as cursor:
        # What PostgreSQL then expects of this query would otherwise be enough to compile it.
        cursor.execute("SET LOCAL jit_above_cost = 0")
        cursor.execute(f"EXPLAIN {COSTLY}")
        assert not [line for (line,) in cursor if line.startswith("JIT")]
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
