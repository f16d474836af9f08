"""Steps of a withdrawal that run as tasks: they delete files, cached pages, previews and versions of stories.

A held page is hidden from readers until an editor publishes it without the person who withdrew.

Other modules have more steps: "again" in carry_out.py looks for what was written during the withdrawal;
"ledger" is in ledger.py, "vacuum" in database_files.py, and "index" in search/erasing.py.
"""

from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import transaction
from django.dispatch import Signal, receiver
from django.utils.translation import gettext_lazy as _
from wagtail.admin.models import FormState
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Comment, ModelLogEntry, Page, PageLogEntry, TaskState, UploadedFile
from wagtail.signals import page_published

from safeguarding.leak_check.checking import check
from safeguarding.leak_check.words import words_of_person
from safeguarding.models import Use
from safeguarding.releases import lock_people_of
from safeguarding.withdrawal.addresses import digest_of, path_at, paths_of
from safeguarding.withdrawal.carry_out import REPEATED
from safeguarding.withdrawal.pages import delete_versions, is_about_other, overwrite, revisions_of
from safeguarding.withdrawal.places import Case
from safeguarding.withdrawal.tasks import NotYet, add_tasks, run_quick_tasks, step, waits_to_be_purged
from safeguarding.withdrawal.words import has_unreadable_words
from safeguarding.withdrawal_models import Fingerprint, Ledger
from safeguarding.writers import keep_writers

# Sent with `page`: its former addresses were erased, because it was held and is published as it has to be.
addresses_erased = Signal()
# The steps after a lead had the earlier versions of a page deleted.
FORGOTTEN = ("previews", "index", "vacuum")


@step("file", _("Delete a file"))
def delete_file(task):
    """Delete a file from the storage. It may be deleted already."""
    default_storage.delete(task.data["name"])


@step("uploads", _("Delete unfinished uploads"))
def delete_uploads(_task):
    """Delete all uploads whose form was not sent yet, because nobody has said yet what they show."""
    for upload in UploadedFile.objects.all():
        upload.file.delete(save=False)
        upload.delete()


@step("previews", _("Delete previews, and messages that wait to be shown"))
def delete_previews(_task):
    """Delete the forms that previews are made of, and the messages in sessions: they contain titles."""
    FormState.objects.all().delete()
    for session in Session.objects.iterator():
        data = session.get_decoded()
        if data.pop(SessionStorage.session_key, None):
            # What a request changed in the session meanwhile must not be undone.
            same = Session.objects.filter(pk=session.pk, session_data=session.session_data)
            if not same.update(session_data=Session.objects.encode(data)):
                raise NotYet


# --- Held pages ----------------------------------------------------------------------------------


@receiver(page_published)
def look_at_held_pages(instance, **_arguments):
    """Signal receiver: when a held page is published, run its task at once."""
    if waits_to_be_purged(instance):
        transaction.on_commit(run_quick_tasks, robust=True)


@step("purge", _("Delete the earlier versions of a held page"))
def purge(task):
    """Delete the earlier versions of a held page. Raises NotYet until it is published without the person.

    If the person has agreed again since, the page and its versions stay.
    """
    withdrawal, person = task.withdrawal, task.withdrawal.contributor
    if person and not person.has_withdrawn:
        return
    with transaction.atomic():
        lock_people_of([task.data["page"]], [])
        page = Page.objects.filter(pk=task.data["page"]).first()
        if page is None:  # An editor has deleted it. Its title is still in the log.
            overwrite(PageLogEntry.objects.filter(page=task.data["page"]), withdrawal)
        elif is_published_without(person, page.specific):
            purge_page(page, withdrawal, withdrawal)
        else:
            raise NotYet
        add_tasks(withdrawal, REPEATED)


@transaction.atomic
def forget_versions(key, person):
    """Delete the earlier versions of the page with the primary key `key`, because a lead asked for it.

    `person`: the Contributor whose code replaces the titles in its log entries. Return False if a version is
    scheduled or in moderation, because such a version can't be stored anew.
    """
    lock_people_of([key], [])
    page = Page.objects.get(pk=key)
    if page.scheduled_revision or page.workflow_in_progress:
        return False
    purge_page(page, person)
    add_tasks(None, FORGOTTEN)
    return True


def is_published_without(person, page):
    """Return whether `page` is without `person`, as it is and in its latest version.

    No protected word of the person is in them. Nothing of the page is scheduled or in moderation: those
    versions can't be stored anew. A page that is not live need not be published. `person`: None if the person
    was deleted.
    """
    if page.scheduled_revision or page.workflow_in_progress:
        return False
    if Use.objects.filter(page=page.pk, contributor=person).exists() or has_words(person, page):
        return False
    if page.latest_revision_id in {None, page.live_revision_id}:
        return True
    draft = page.latest_revision.as_object()
    listed = {use.contributor_id for use in draft.report_people().uses}
    return not has_words(person, draft) and (person is None or person.pk not in listed)


def has_words(person, page):
    """Return whether a word of `person` stands against publishing `page`. Unreadable words count as one."""
    if person is None:
        return False
    # Only .stops, which prevent publishing: the others are hints, and may be about something else.
    return has_unreadable_words(person) or bool(check(page, words_of_person(person)).stops)


def purge_page(page, owner, withdrawal=None):
    """Delete the earlier versions of `page`, its comments, and its redirects.

    `owner`: a Withdrawal or Contributor, whose code replaces the titles in its log entries. `withdrawal`: the
    Withdrawal because of which it is done, or None.

    Digests of its former addresses are stored, so that nothing is imported there.
    """
    salt, current = Ledger.get().salt, path_at(page, page.url_path)
    former = {digest_of(path, salt) for path in paths_of(page)} - {digest_of(current, salt)}
    Fingerprint.add(withdrawal, [(Fingerprint.Kind.FORMER, digest) for digest in former])
    redirects = Redirect.objects.filter(redirect_page=page.pk)
    case = Case(None, owner.code, logged={(Redirect, each.pk) for each in redirects})
    overwrite(ModelLogEntry.objects.filter(is_about_other(case)), owner)
    redirects.delete()
    addresses_erased.send(sender=type(page), page=page)
    Comment.objects.filter(page=page.pk).delete()
    TaskState.objects.filter(workflow_state__object_id=str(page.pk)).update(comment="")
    with keep_writers(page):
        renew_versions(page)
        overwrite(PageLogEntry.objects.filter(page=page.pk), owner)


def renew_versions(page):
    """Delete all versions of `page`, after the current ones are saved anew."""
    old = list(revisions_of([page.pk]))
    save_current_anew(page)
    delete_versions(old)


def save_current_anew(page):
    """Save the live version of `page` and a later draft as new versions.

    A version stores the address that the page had then, which may be a name, and its comments.
    """
    latest = page.latest_revision
    draft = latest.as_object() if latest and latest.pk != page.live_revision_id else None
    if page.live:
        # The author of the live version may not decide about people in it: see has_written().
        written = page.live_revision or latest
        live = page.specific.save_revision(user=written and written.user, changed=False, clean=False)
        Page.objects.filter(pk=page.pk).update(live_revision=live)
    if draft:
        if not page.live:  # The row can be older. The page editor saves it with the draft, too.
            draft.save(clean=False)
        draft.save_revision(user=latest.user, changed=False, clean=False)
