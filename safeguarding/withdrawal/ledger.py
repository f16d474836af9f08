"""The ledger of withdrawals: a file in the data folder, which a backup does not contain.

A backup brings back what was erased since. `restore` reads this file and erases it again. The file is only
appended to. It begins with the salt of the site, by which it is known as that of the restored database, and
has a line of JSON for each withdrawal: code, date, digests of paths, and hashes of pictures.
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
    return settings.DATA_DIR / "withdrawals.jsonl"


# --- Writing -------------------------------------------------------------------------------------


@step("ledger")
def write(_task=None):
    """Append what the file lacks, but nothing while everybody is held because it was missing."""
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
    """Return the line of the ledger for `withdrawal`."""
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
    """Return {salt: {key: entry}} of a ledger file. The last line of a withdrawal counts."""
    found, entries = {}, None
    for line in content.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # Half a line.
        if "ledger" in entry:
            # The last header is the last key.
            entries = found[entry["ledger"]] = found.pop(entry["ledger"], {})
        elif entries is not None:
            entries[entry["key"]] = entry
    return found


def read():
    try:
        return parse(file_path().read_bytes())
    except FileNotFoundError:
        return {}


# --- After a restore -----------------------------------------------------------------------------


def apply(report):
    """Erase again what was withdrawn since the backup. Without the ledger of this site, hold everybody.

    `report` is called with a line of text for each step.
    """
    known, ledger = read(), Ledger.objects.first()
    if ledger is None:
        # The backup is older than the ledger: the site of this data folder is the only one that it can be of.
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
    """Carry out the withdrawal of the line `entry` of the ledger in the restored database."""
    person = Contributor.objects.filter(code=entry["code"]).first()
    if person:
        lock_with_others(person.pk)
        case = make_case(person, entry["choice"])
    else:
        case = Case(None, Choice(entry["choice"]), entry["code"])
    case.is_known_picture = lambda file_hash: digest_of(file_hash, salt) in entry["picture"]
    # Also stories of which nobody had said yet who is in them.
    for page in Page.objects.filter(content_type__in=guarded_types()):
        if page.pk not in case.held and digest_of(path_at(page, page.url_path), salt) in entry["address"]:
            case.erased[page.pk] = page
    case.withdrawal = Withdrawal.objects.create(
        key=entry["key"], contributor=person, code=entry["code"], choice=entry["choice"]
    )
    carry_out(case)
    # The digests of addresses that the backup does not know.
    Fingerprint.objects.bulk_create(
        [
            Fingerprint(withdrawal=case.withdrawal, kind=kind, digest=digest)
            for kind in Fingerprint.Kind
            for digest in entry[kind]
        ],
        ignore_conflicts=True,
    )


def hold_everybody(ledger, report):
    """Take down everybody who is not held, until a lead confirms that nobody withdrew since the backup."""
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
    """Bring back everybody whom `hold_everybody` took down."""
    with transaction.atomic():
        ledger = Ledger.objects.select_for_update().get()
        if ledger.held_since is None:
            return
        for person in Contributor.objects.filter(held_since=ledger.held_since):
            bring_back(person, user)
        ledger.held_since = None
        ledger.save(update_fields=["held_since"])
    write()
