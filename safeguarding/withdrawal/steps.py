"""Steps of a withdrawal that run as tasks: they delete files, cached pages, previews and versions of stories.

A held page is hidden from readers until an editor publishes it without what was taken back: the person, the
pictures or a name.

Other modules have more steps: "again" in carry_out.py looks for what was written during the withdrawal;
"ledger" is in ledger.py, "words" in elsewhere.py, "vacuum" in database_files.py, and "index" in
search/erasing.py.
"""

from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.models import FormState
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Comment, Page, PageLogEntry, TaskState, UploadedFile
from wagtail.signals import page_published

from safeguarding.leak_check.checking import check
from safeguarding.leak_check.words import words_of_person
from safeguarding.models import Use
from safeguarding.releases import lock_people_of, recompute
from safeguarding.scopes import Naming, Picture
from safeguarding.withdrawal.addresses import digest_of, path_at, paths_of, public_paths
from safeguarding.withdrawal.carry_out import REPEATED
from safeguarding.withdrawal.pages import delete_versions, overwrite, revisions_of
from safeguarding.withdrawal.signals import addresses_erased
from safeguarding.withdrawal.tasks import (
    NotYet,
    add_task,
    is_waiting,
    run_quick_tasks,
    step,
    waits_to_be_purged,
)
from safeguarding.withdrawal.words import has_unreadable_words, words_of_name
from safeguarding.withdrawal_models import Choice, Fingerprint, Ledger, Withdrawal, WithdrawalTask


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
    """Delete the earlier versions of a held page. Raises NotYet until it is published as it has to be.

    If the person has agreed again since, the page and its versions stay.
    """
    if has_agreed_again(task.withdrawal):
        return
    with transaction.atomic():
        lock_people_of([task.data["page"]], [])
        page = Page.objects.filter(pk=task.data["page"]).first()
        if page is not None:
            if not is_published_without(task.withdrawal, page.specific):
                raise NotYet
            purge_page(task.withdrawal, page)
        for name in REPEATED:
            add_task(task.withdrawal, name)
        # Not left to the caller: after a correction, recompute() shows the page only if this task is done.
        WithdrawalTask.objects.filter(pk=task.pk).update(done_at=timezone.now())
        if not is_waiting(task.withdrawal, "purge"):
            Withdrawal.objects.filter(pk=task.withdrawal_id).update(old_name="")
        recompute([task.data["page"]])


def has_agreed_again(withdrawal):
    """Return whether the person agrees now to what was taken back with `withdrawal`."""
    consent = withdrawal.contributor and withdrawal.contributor.latest_consent
    if consent is None or consent.event == consent.Event.WITHDRAWN:
        return False
    return (
        withdrawal.choice == Choice.EVERYTHING
        or (withdrawal.choice == Choice.PICTURES and consent.picture > Picture.NONE)
        or (withdrawal.choice == Choice.NAME and consent.naming == Naming.REAL)
    )


def is_published_without(withdrawal, page):
    """Return whether `page` is without what was taken back, as it is and in its latest version.

    No protected word of the person is in them. Nothing of the page is scheduled or in moderation: those
    versions can't be stored anew. A page that is not live need not be published.
    """
    if page.scheduled_revision or page.workflow_in_progress:
        return False
    uses = Use.objects.filter(page=page.pk, contributor=withdrawal.contributor)
    if not all(is_without(withdrawal.choice, use) for use in uses):
        return False
    if has_words(withdrawal, page):
        return False
    if page.latest_revision_id in {None, page.live_revision_id}:
        return True
    draft = page.latest_revision.as_object()
    if has_words(withdrawal, draft):
        return False
    return all(
        is_without(withdrawal.choice, use)
        for use in draft.report_people().uses
        if use.contributor_id == withdrawal.contributor_id
    )


def has_words(withdrawal, page):
    """Return whether a word of the person stands against publishing `page`. Unreadable words count as one."""
    if withdrawal.choice == Choice.CORRECTION:
        # It is empty if no key decrypts it. Nobody knows then whether the page has the name.
        name = withdrawal.old_name
        # Not only .stops, which prevent publishing: the page must not say the name at all.
        return not name or bool(check(page, words_of_name(withdrawal.contributor_id, name)))
    person = withdrawal.contributor
    if person is None or withdrawal.choice == Choice.PICTURES:
        return False
    # Only .stops, which prevent publishing: the others are hints, and may be about something else.
    return has_unreadable_words(person) or bool(check(page, words_of_person(person)).stops)


def is_without(choice, use):
    """Return whether `use`, a Use or PersonUse of the person, is without what was taken back.

    `choice`: what was taken back. With `EVERYTHING` it is always False: no Use of the person may be left.
    """
    if choice == Choice.CORRECTION:
        return True
    if choice == Choice.PICTURES:
        return use.picture == Picture.NONE
    return choice == Choice.NAME and use.naming in {Naming.NONE, Naming.CHANGED}


def purge_page(withdrawal, page):
    """Delete the earlier versions of `page`, its comments, and its redirects. Overwrite its log entries.

    The former addresses of a page that was public are answered with 410 (Gone) from now on, because an old
    slug may be a name.
    """
    salt, current = Ledger.get().salt, path_at(page, page.url_path)
    paths = public_paths(page, paths_of(page))
    former = {digest_of(path, salt) for path in paths} - {digest_of(current, salt)}
    Fingerprint.objects.bulk_create(
        [Fingerprint(withdrawal=withdrawal, kind=Fingerprint.Kind.FORMER, digest=each) for each in former],
        ignore_conflicts=True,
    )
    Redirect.objects.filter(redirect_page=page.pk).delete()
    addresses_erased.send(sender=type(page), page=page)
    Comment.objects.filter(page=page.pk).delete()
    TaskState.objects.filter(workflow_state__object_id=str(page.pk)).update(comment="")
    renew_versions(page)
    overwrite(PageLogEntry.objects.filter(page=page.pk), withdrawal)


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
        draft.save_revision(user=latest.user, changed=False, clean=False)
