"""Writes and reads the ledger of withdrawals, a file in the data folder that backups do not contain.

A restored backup contains again what was erased after it was made. So `restore` reads the ledger, and carries
its withdrawals out again.

Each line of the file is a JSON object. A header has the salt of a site, which is in its database too. The
lines after it are the withdrawals of that site: code, date, and digests of paths and pictures. Lines are only
added.
"""

import fcntl
import json
import os

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import Page

from safeguarding.holds import bring_back
from safeguarding.models import Contributor
from safeguarding.releases import guarded_types, lock_with_others
from safeguarding.withdrawal.addresses import digest_of, path_at
from safeguarding.withdrawal.carry_out import carry_out
from safeguarding.withdrawal.cases import make_case
from safeguarding.withdrawal.places import Case
from safeguarding.withdrawal.tasks import run_tasks, step
from safeguarding.withdrawals import Choice, Fingerprint, Ledger, Withdrawal


def file_path():
    """Return the Path of the ledger."""
    return settings.DATA_DIR / "withdrawals.jsonl"


# --- Writing -------------------------------------------------------------------------------------


@step("ledger")
def write(_task=None):
    """Append the withdrawals that are not in the file yet.

    Nothing is written while everybody is held because the file was missing: the next restore would trust it.
    """
    ledger = Ledger.get()
    if ledger.held_since:
        return
    with open(file_path(), "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        content = file.read()
        known = parse(content)
        lines = [] if ledger.salt in known else [{"ledger": ledger.salt}]
        of_site = known.get(ledger.salt, {})
        # The last header says to which site the lines belong.
        if not lines and list(known)[-1] != ledger.salt:
            lines = [{"ledger": ledger.salt}]
        entries = map(entry_of, Withdrawal.objects.order_by("pk"))
        lines += [entry for entry in entries if of_site.get(entry["key"]) != entry]
        if lines:
            # A power cut can leave half a line.
            start = b"" if not content or content.endswith(b"\n") else b"\n"
            file.write(start + b"".join(json.dumps(line).encode() + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())


def entry_of(withdrawal):
    """Return the entry of the ledger for `withdrawal`, a dictionary."""
    digests = {kind.value: [] for kind in Fingerprint.Kind}
    for kind, digest in withdrawal.fingerprints.order_by("digest").values_list("kind", "digest"):
        digests[kind].append(digest)
    return {
        "key": str(withdrawal.key),
        "code": withdrawal.code,
        "choice": withdrawal.choice,
        "date": str(timezone.localdate(withdrawal.confirmed_at)),
        **digests,
    }


def parse(content):
    """Return {salt of a site: {key of a withdrawal: entry}} for the bytes of a ledger file.

    The last salt is that of the last header. If a withdrawal has several lines, the last one counts.
    """
    found, entries = {}, None
    for line in content.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # A line that was cut off.
        if "ledger" in entry:
            # pop() makes the last header the last key.
            entries = found[entry["ledger"]] = found.pop(entry["ledger"], {})
        elif entries is not None:
            entries[entry["key"]] = entry
    return found


def read():
    """Return the content of the file as `parse` does, {} if there is none."""
    try:
        return parse(file_path().read_bytes())
    except FileNotFoundError:
        return {}


# --- After a restore -----------------------------------------------------------------------------


def apply(report):
    """Carry out again the withdrawals since the backup. Without the ledger of this site, hold everybody.

    `report`: function that is called with a line of text for each step.
    """
    known, ledger = read(), Ledger.objects.first()
    if ledger is None:
        # The backup is older than the ledger. So it is of the site whose data folder this is.
        ledger = Ledger.objects.create(pk=1, **({"salt": list(known)[-1]} if known else {}))
    if ledger.salt not in known:
        hold_everybody(ledger, report)
        return
    for key, entry in known[ledger.salt].items():
        if not Withdrawal.objects.filter(key=key).exists():
            withdraw_again(entry, ledger.salt)
            report(f"Withdrawn again: {entry['code']}")
    run_tasks()


@transaction.atomic
def withdraw_again(entry, salt):
    """Carry out the withdrawal `entry` of the ledger in the restored database. `salt`: that of the site."""
    person = Contributor.objects.filter(code=entry["code"]).first()
    if person:
        lock_with_others(person.pk)
        case = make_case(person, entry["choice"])
    else:
        case = Case(None, Choice(entry["choice"]), entry["code"])
    case.is_known_picture = lambda file_hash: digest_of(file_hash, salt) in entry["picture"]
    # The backup may have a version of the story from before the person was in its list.
    for page in Page.objects.filter(content_type__in=guarded_types()):
        if page.pk not in case.held and digest_of(path_at(page, page.url_path), salt) in entry["address"]:
            case.erased[page.pk] = page
    case.withdrawal = Withdrawal.objects.create(
        key=entry["key"], contributor=person, code=entry["code"], choice=entry["choice"]
    )
    carry_out(case)
    # The ledger can have digests of addresses that are not in the backup.
    Fingerprint.objects.bulk_create(
        [
            Fingerprint(withdrawal=case.withdrawal, kind=kind, digest=digest)
            for kind in Fingerprint.Kind
            for digest in entry[kind]
        ],
        ignore_conflicts=True,
    )


def hold_everybody(ledger, report):
    """Hold all people who are not held yet, until a lead confirms that nobody withdrew since the backup.

    `report`: as in apply().
    """
    moment = timezone.now()
    with transaction.atomic():
        people = list(Contributor.objects.filter(held_since=None))
        for person in people:
            person.held_since = moment
            person.save(update_fields=["held_since"])
            log(person, "safeguarding.hold_after_restore")
        if people:
            ledger.held_since = moment
            ledger.save(update_fields=["held_since"])
    if people:
        report(
            "The file withdrawals.jsonl of this site is not in the data folder. Every story with people in "
            "it is held back until the safeguarding team confirms it."
        )


def confirm_nobody_withdrew(user):
    """End the hold of all people whom `hold_everybody` held, and write the ledger. `user`: the lead."""
    with transaction.atomic():
        ledger = Ledger.objects.select_for_update().get()
        if ledger.held_since is None:
            return
        for person in Contributor.objects.filter(held_since=ledger.held_since):
            bring_back(person, user)
        ledger.held_since = None
        ledger.save(update_fields=["held_since"])
    write()
