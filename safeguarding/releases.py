"""Keeps `Release` up to date: until which day visitors may read each page.

With every save() of all fields, a page of any type reports how it shows and names which people
(SitePage in publishing/pages.py). A draft of a live page reports nothing: saving it saves only
some fields of the page. Every change of a person, a consent or a decision computes the Releases of the pages
with that person again, in the same transaction. It locks the rows of the people first. So if a page is saved
and somebody withdraws at the same moment, the later transaction sees what the earlier one wrote.
"""

from collections import defaultdict

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Concat
from django.db.models.lookups import IsNull
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import Signal, receiver
from wagtail.models import Page

from caching.local_date import today
from safeguarding.gate import judge
from safeguarding.models import Consent, Contributor, Decision, Reading
from safeguarding.outlets import agreed_uses
from safeguarding.readings import find_answers
from safeguarding.scopes import NO_END, Channel
from safeguarding.uses import PageHold, Release, Use, running_releases

# Sent when a person or a consent is saved, in the same transaction. `contributors`: a list of primary keys.
people_changed = Signal()


# --- Reading -------------------------------------------------------------------------------------


def not_held(few=False):
    """Return a condition for querysets of pages: that a page may be read today.

    `few`: whether the query reads few pages. Then each Release is looked up; with Exists, all may be read.
    """
    running = running_releases(OuterRef("pk"))
    if few:
        return Q(IsNull(Subquery(running.values("pk")), False))
    # No page has a depth of 0. Without this, PostgreSQL joins the table. While its statistics are those of a
    # new site, it then reads all Releases for each page.
    return Q(Exists(running)) | Q(depth=0)


def is_held(page):
    """Return whether `page` may not be read today because of the people in it."""
    return not running_releases(page.pk).exists()


# --- Writing -------------------------------------------------------------------------------------


def lock_people_of(pages, contributors):
    """Lock `pages` and the people who are or were in them. Return the Uses so far. It needs a transaction.

    `pages`: primary keys. `contributors`: primary keys of those who are in them now.
    """
    lock_pages(pages)
    former = list(Use.objects.filter(page__in=pages).order_by("contributor"))  # sorted as those of a Report
    lock({*contributors, *(use.contributor_id for use in former)})
    return former


def lock_pages(pages):
    """Lock the rows of `pages`, primary keys. Return a list of the keys of those that exist."""
    # no_key: rows with a foreign key to these can be inserted meanwhile.
    rows = Page.objects.select_for_update(no_key=True).filter(pk__in=pages).order_by("pk")
    return list(rows.values_list("pk", flat=True)) if pages else []


def lock(contributors):
    """Lock the rows of `contributors`, primary keys, in the order of their keys.

    A transaction locks its pages first, then all people whom it needs, then pictures. If two transactions
    lock some people first and others later, they can wait for each other. PostgreSQL then aborts one of them.
    SQLite has a single lock for all writes.
    """
    if contributors:
        rows = Contributor.objects.select_for_update(no_key=True).filter(pk__in=contributors)
        list(rows.order_by("pk").values_list("pk"))


def lock_found(find, lock_rows=lock, keys_in=set):
    """Lock what `find`, a function, returns: by default a set of people's primary keys. Return that.

    `find` is called again after the rows are locked. If it then returns further keys, all rows are unlocked,
    and locked again together with the new ones. It needs a transaction.

    `lock_rows`: function that locks what `find` returned. `keys_in`: function that returns the set of keys in
    that.
    """
    needed = find()
    while True:
        savepoint = transaction.savepoint_create()
        lock_rows(needed)
        found = find()
        if keys_in(found) <= keys_in(needed):
            transaction.savepoint_commit(savepoint)
            return found
        transaction.savepoint_rollback(savepoint)
        needed = found


def lock_with_others(contributor):
    """Lock the person with the primary key `contributor`, and everybody in a page together with them."""
    lock_found(lambda: with_others(contributor))


def lock_pages_of(contributor, *more):
    """Lock the pages with the person `contributor`, a primary key, which may be held, and then all people.

    `more`: primary keys of other pages to lock.
    """
    lock_pages([*Use.objects.filter(contributor=contributor).values_list("page", flat=True), *more])
    lock_with_others(contributor)


def with_others(contributor):
    """Return the primary key `contributor` of a person, and those of everybody in a page with them."""
    pages = Use.objects.filter(contributor=contributor).values("page")
    others = Use.objects.filter(page__in=pages).values_list("contributor", flat=True)
    return {contributor, *others}


def store_report(page, report, former):
    """Store `report`, the Report of `page`, and its Release. `former`: what `lock_people_of` returned."""
    uses = [Use(page_id=page.pk, **use._asdict()) for use in report.uses]
    if [values_of(use) for use in uses] != [values_of(use) for use in former]:
        Use.objects.filter(page=page.pk).delete()
        Use.objects.bulk_create(uses)
    people = load_people(use.contributor_id for use in uses)
    is_answered = report.is_decided and not report.waits
    until = compute_until(page, uses, report.digest, people) if is_answered else None
    values = {"until": until, "other_language": report.other_language, "is_unseen": report.is_unseen}
    # Without a digest, no later consent or decision releases the page.
    agreed = Channel.WEBSITE if report.has_unknown else agreed_uses(people.values())
    values |= {"digest": report.digest if is_answered else "", "uses": agreed}
    rows = [Release(page_id=page.pk, **values)]
    Release.objects.bulk_create(rows, update_conflicts=True, update_fields=values, unique_fields=["page"])


def hold_taken_out(page, report, former):
    """Hold `page` because of those of `former` who are not in `report`, if it could not be read with them.

    What it says of them may be the same as before. The hold ends as one because of a word does. If `page` is
    live, leads look at it too. The arguments are those of store_report(), which is called after this.
    """
    kept = {use.contributor_id for use in report.uses}
    if gone := [use for use in former if use.contributor_id not in kept]:
        digest = Release.objects.filter(page=page.pk).values_list("digest", flat=True).first()
        people = load_people(use.contributor_id for use in gone)
        for person, _use, verdict in judge_uses(page, gone, digest, people, today()):
            if verdict.unmet:
                PageHold.objects.get_or_create(page_id=page.pk, code=person.code, says_word=True)
        if page.live:
            codes = "".join(f" {person.code}" for person in people.values())
            Release.objects.filter(page=page.pk).update(taken_out=Concat("taken_out", Value(codes)))


def report_again(pages):
    """Let `pages`, primary keys, report again who is in them, because what they show has changed.

    For example, somebody is on a picture of theirs now. It needs a transaction.
    """
    former = lock_people_of(pages, [])
    for page in Page.objects.filter(pk__in=pages).order_by("pk").specific():
        store_report(page, page.report_people(), [use for use in former if use.page_id == page.pk])


def values_of(use):
    return use.contributor_id, use.picture, use.voice, use.naming, use.other_language, use.digest


def load_people(keys):
    """Return {primary key: Contributor} with their consents."""
    keys = set(keys)
    return Contributor.objects.prefetch_related("consents").in_bulk(keys) if keys else {}


def judge_uses(page, uses, digest, people, day):
    """Yield (Contributor, use, Verdict on `day`) for each of `uses`.

    `uses`: the uses of people in `page`. `digest`: the digest of its content. `people`: what `load_people`
    returned. `day`: a date.
    """
    decisions, answers = (find_decisions(page, digest), find_answers(page, uses)) if uses else ({}, {})
    for use in uses:
        person, key = people[use.contributor_id], use.contributor_id
        yield person, use, judge(person, use, decisions.get(key, {}), answers.get(key, []), day)


def compute_until(page, uses, digest, people):
    """Return the last day on which all conditions for `uses` are met, or None if one is not met today.

    It is None too while the page is held. The arguments are those of judge_uses().
    """
    if waits_for_lead(page):
        return None
    judged = judge_uses(page, uses, digest, people, today())
    last_days = [NO_END, *(verdict.until for _person, _use, verdict in judged)]
    return None if None in last_days else min(last_days)


def waits_for_lead(page):
    """Return whether `page` waits for a lead, after a restore or because it says a protected word.

    A page that waits to be published without somebody who withdrew need not count: the consent has changed.
    """
    return PageHold.objects.filter(page=page.pk).exists()


def counting_decisions(page, digest):
    """Return the Decisions about the content `digest` of `page`, also those whose last day is over."""
    # What a person answers later is not undone by another legal ground once that consent has ended, nor by
    # what was decided about former answers.
    new = Consent.objects.filter(contributor=OuterRef("contributor"), recorded_at__gt=OuterRef("decided_at"))
    replaced = Q(Exists(new)) & ~Q(ground=Decision.Ground.CHILD)
    return Decision.objects.filter(page=page.pk, digest=digest).exclude(replaced)


def find_decisions(page, digest):
    """Return {contributor: {ground: last day}} for the content `digest` of `page`."""
    found = defaultdict(dict)
    for decision in counting_decisions(page, digest):
        grounds = found[decision.contributor_id]
        grounds[decision.ground] = max(decision.ends_on, grounds.get(decision.ground, decision.ends_on))
    return found


def recompute(pages):
    """Compute the Release of `pages`, primary keys, again from what they reported."""
    uses = defaultdict(list)
    for use in Use.objects.filter(page__in=pages):
        uses[use.page_id].append(use)
    people = load_people(use.contributor_id for each in uses.values() for use in each)
    decided = Release.objects.filter(page__in=pages).exclude(digest="")
    for release in decided.select_related("page"):
        until = compute_until(release.page, uses[release.page_id], release.digest, people)
        agreed = agreed_uses(people[use.contributor_id] for use in uses[release.page_id])
        if (until, agreed) != (release.until, release.uses):
            Release.objects.filter(pk=release.pk).update(until=until, uses=agreed)


def report_concerned(pages):
    """Let those of `pages` report again that have people or a decision, because what they show has changed.

    Those who decide about another page let it report before. `pages`: a queryset of primary keys. It needs a
    transaction.
    """
    is_concerned = Q(Exists(Decision.objects.filter(page=OuterRef("pk"))))
    is_concerned |= Q(Exists(Use.objects.filter(page=OuterRef("pk"))))
    report_again(list(Page.objects.filter(is_concerned, pk__in=pages).values_list("pk", flat=True)))


@receiver(pre_save, sender=Contributor)
@receiver(pre_save, sender=Consent)
def lock_before_change(instance, raw, **_arguments):
    key = getattr(instance, "contributor_id", instance.pk)
    if key and not raw:
        lock_with_others(key)


@receiver(post_save, sender=Contributor)
@receiver(post_save, sender=Consent)
def recompute_for_person(instance, raw, **_arguments):
    if not raw:
        key = getattr(instance, "contributor_id", instance.pk)
        recompute(list(Use.objects.filter(contributor=key).values_list("page", flat=True)))
        people_changed.send(sender=Contributor, contributors=[key])


@receiver(post_delete, sender=Use)
def hold_unknown_page(instance, **_arguments):
    """Hold a page back whose Use is deleted, because it is unknown then who is in it.

    With the next save, the page reports it, and store_report() releases the page again.
    """
    Release.objects.filter(page=instance.page_id).update(until=None, digest="")


@receiver([post_save, post_delete], sender=Decision)
@receiver([post_save, post_delete], sender=Reading)
@transaction.atomic
def recompute_for_row(instance, **_arguments):
    lock_with_others(instance.contributor_id)
    recompute(list(Use.objects.filter(contributor=instance.contributor_id).values_list("page", flat=True)))
