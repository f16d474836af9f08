"""Copies a story many times, in much less time than it takes to make so many."""

from django.db import connection

from stories.models import StoryPage


def copy_rows(copies, table, condition, **values):
    """Insert `copies` copies of the row of `table` that meets `condition`.

    `values`: SQL expressions for the columns that differ; `number` is the number of the copy.
    """
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
        columns = [column.name for column in described if column.name != "id" or "id" in values]
        expressions = [values.get(column, f'original."{column}"') for column in columns]
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) WITH RECURSIVE numbers(number) AS "  # noqa: S608
            f"(SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {copies}) "
            f"SELECT {', '.join(expressions)} FROM {table} original, numbers WHERE {condition}"
        )


def copy_story(story, copies, page, **fields):
    """Add `copies` copies of `story`, the only story, without the people in it; return them.

    `page`, `fields`: SQL expressions for the columns of Page and StoryPage that differ, as for copy_rows().
    Primary keys and translation keys are made of the numbers of the copies.
    """
    pk, key = story.pk, f"({story.pk + 1000} + number)"
    uuid = {
        "postgresql": "CAST(md5(CAST(number AS text)) AS uuid)",
        "sqlite": "substr('00000000000000000000000000000000' || number, -32)",
    }[connection.vendor]
    copy_rows(copies, "wagtailcore_page", f"id = {pk}", id=key, translation_key=uuid, **page)
    copy_rows(copies, "stories_storypage", f"page_ptr_id = {pk}", page_ptr_id=key, **fields)
    copy_rows(copies, "safeguarding_release", f"page_id = {pk}", page_id=key)
    copy_rows(copies, "stories_storycountry", f"story_id = {pk}", story_id=key)
    copy_rows(copies, "stories_storytheme", f"story_id = {pk}", story_id=key)
    condition = f"object_id = '{pk}' AND content_type_id = {story.content_type_id}"
    copy_rows(copies, "wagtailsearch_indexentry", condition, object_id=f"CAST({key} AS varchar(50))")
    assert StoryPage.objects.count() == copies + 1
    return list(StoryPage.objects.exclude(pk=pk).order_by("pk"))
