"""Writes and reads the ledger of withdrawals, a file outside of the database.

It is in the bucket of pictures and documents, or without one in the data folder. A backup brings back what
was erased since. The start of the site and the scheduler read this file and erase that again. Without the
file, everybody is held (hidden from readers) until a lead, a member of the group Safeguarding, confirms that
nobody withdrew. A restore brings the copy that was in the backup: it is carried out too, but is not trusted
to be complete.

The file is only appended to. It begins with the salt of the site, by which it is known as that of the
restored database, and has a line of JSON for each withdrawal: its key, the code, the date, and
digests of paths, of translation keys and of the hashes of pictures. If only a part was taken back, the line
has the code and what is still agreed to. If a person was taken down or brought back, it has the code and
that.

If an entry can't be carried out, everybody is held too. The start of the site, a restore and a lead try it
again.
"""

import hashlib
import json
import logging
import os
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from safeguarding.holds import bring_back, hold_after_restore
from safeguarding.models import Contributor
from safeguarding.releases import lock
from safeguarding.withdrawal.again import hold_matching_pages, restrict_again, withdraw_again
from safeguarding.withdrawal.tasks import step
from safeguarding.withdrawal_models import Fingerprint, Ledger, Restriction, Withdrawal

logger = logging.getLogger(__name__)
NAME = "withdrawals.jsonl"
MISSING = "The file withdrawals.jsonl of this site is missing."
FAILED = "A withdrawal could not be carried out again."


def file_path():
    """Return the Path of the ledger, unless it is in the bucket."""
    return settings.DATA_DIR / NAME


def bucket_object():
    """Return boto3's object for the ledger in the bucket, or None if files are in a folder."""
    bucket = getattr(default_storage, "bucket", None)
    return bucket and bucket.Object(NAME)


# --- Writing -------------------------------------------------------------------------------------


@step("ledger", _("Note it in the list of withdrawals"))
@transaction.atomic
def write(_task=None):
    """Append what the file lacks. If the file of this site was lost, hold everybody instead."""
    Ledger.get()  # It creates the row if it is missing.
    # Only one process writes at a time, of all machines: a bucket has no locks.
    ledger = Ledger.objects.select_for_update().get()
    content = read_content()
    known = parse(content)
    # Nothing is written while everybody is held because the file was lost: the next restore would trust the
    # new file. If there is nobody to hold, a new file begins.
    is_lost = ledger.salt not in known and (ledger.held_since or ledger.is_written)
    if is_lost and (ledger.held_since or hold_everybody(MISSING)):
        return
    append(content, lacking(known, ledger.salt))
    if not ledger.is_written:
        Ledger.objects.update(is_written=True)


def lacking(known, salt):
    """Return the lines that a ledger file lacks. `known`: what `parse` found in it."""
    # The last header says to which site the lines belong.
    lines = [] if known and list(known)[-1] == salt else [{"ledger": salt}]
    of_site = known.get(salt, {})
    parts = Restriction.objects.order_by("pk")
    entries = [entry_of(each) for each in Withdrawal.objects.order_by("pk")]
    entries += [{"key": str(each.key), "code": each.code, "limits": each.limits} for each in parts]
    return lines + [entry for entry in entries if of_site.get(entry["key"]) != entry]


def append(content, lines):
    """Append `lines` to the ledger, which has `content`."""
    if not lines:
        return
    # A power cut can leave half a line.
    added = b"" if not content or content.endswith(b"\n") else b"\n"
    added += b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    if in_bucket := bucket_object():
        in_bucket.put(Body=content + added)
        return
    with open(file_path(), "ab") as file:
        file.write(added)
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
        # Not in the time zone of the user, which would make it another entry.
        "date": str(timezone.localdate(withdrawal.confirmed_at, timezone.get_default_timezone())),
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
        if not isinstance(entry, dict):
            entry = {}
        if isinstance(entry.get("ledger"), str):
            # pop() makes the last header the last key.
            entries = found[entry["ledger"]] = found.pop(entry["ledger"], {})
        elif entries is not None:
            key = key_of(entry, line)
            entries[key] = entry | {"key": key}
    return found


def key_of(entry, line):
    """Return the key of `entry`, or a hash of its `line` if that is damaged.

    A damaged entry can't be carried out. Everybody is held because of it.
    """
    try:
        return str(UUID(entry["key"]))
    except (AttributeError, KeyError, TypeError, ValueError):
        return hashlib.sha256(line).hexdigest()


def read_content():
    """Return the bytes of the ledger, b"" if there is none. Raises if the bucket doesn't answer."""
    if in_bucket := bucket_object():
        try:
            return in_bucket.get()["Body"].read()
        except in_bucket.meta.client.exceptions.NoSuchKey:
            return b""
    return file_path().read_bytes() if file_path().exists() else b""


def read():
    """Return the ledger as `parse` does."""
    return parse(read_content())


def is_of_this_site(content):
    """Return whether `content`, the bytes of a ledger, is that of the database."""
    return Ledger.objects.filter(salt__in=list(parse(content))).exists()


def read_copies():
    """Return what `parse` does for the copies that a restore brought: see operations/restoring.py."""
    # The newest copy is the last, because the last line of an entry counts.
    paths = sorted((settings.DATA_DIR / "restored").glob(f"*{NAME}"), reverse=True)
    return parse(b"\n".join(path.read_bytes() for path in paths))


# --- After the database was replaced -------------------------------------------------------------


def catch_up():
    """Carry out the withdrawals of the file and its copies that the database lacks. Call it before `write`.

    `write` would give a database that is older than the ledger a salt of its own. While one of them can't be
    carried out, everybody is held.
    """
    known, copies = read(), read_copies()
    ledger = Ledger.objects.first() or adopt(known)
    entries = copies.get(ledger.salt, {}) | known.get(ledger.salt, {}) if ledger else {}
    done = {
        str(key) for model in (Withdrawal, Restriction) for key in model.objects.values_list("key", flat=True)
    }
    missing = [entry for key, entry in entries.items() if key not in done]
    failures = list(filter(None, [try_again(entry, ledger.salt) for entry in missing]))
    if ledger and (failures or ledger.failures):
        Ledger.objects.update(failures=", ".join(failures))
        if failures:
            hold_everybody(FAILED)
        elif ledger.salt in known:
            end_hold(None)


def try_again(entry, salt):
    """Carry out the withdrawal of `entry`. If that fails, return its code and the class of the error."""
    try:
        if restrict_again(entry) if "limits" in entry else withdraw_again(entry, salt):
            logger.warning("Withdrawn again: %s", entry["code"])
    except Exception as error:
        hold_matching_pages(entry, salt)
        # Without the message, which could repeat what is to be erased.
        failure = f"{str(entry.get('code', '?'))[:10]} ({type(error).__name__})"
        logger.error("Withdrawing again failed: %s", failure)
        return failure


def adopt(known):
    """Take over the salt of the ledger file for a database that is older than the ledger, and return its row.

    It is the last salt with withdrawals, because a new site begins a file too. Return None if there is none.
    """
    salts = [salt for salt, entries in known.items() if entries]
    return Ledger.objects.get_or_create(pk=1, defaults={"salt": salts[-1]})[0] if salts else None


@transaction.atomic
def hold_everybody(reason):
    """Take down everybody who is not held, until a lead confirms that nobody withdrew since the backup.

    Return whether somebody is held because of that.
    """
    Ledger.get()  # It creates the row if it is missing.
    ledger = Ledger.objects.select_for_update().get()
    lock(Contributor.objects.values_list("pk", flat=True))
    moment = ledger.held_since or timezone.now()
    people = list(Contributor.objects.filter(held_since=None))
    for person in people:
        hold_after_restore(person, moment)
    if people:
        ledger.held_since = moment
        ledger.save(update_fields=["held_since"])
        text = "%s Every story with people in it is held until the safeguarding team confirms it."
        logger.warning(text, reason)
    return ledger.held_since is not None


def has_failed():
    """Return whether a withdrawal of the file could not be carried out."""
    return Ledger.objects.exclude(failures="").exists()


def confirm_nobody_withdrew(user):
    """End the hold, and write the ledger, unless a withdrawal could not be carried out. `user`: the lead."""
    if not has_failed():
        end_hold(user)
        write()


@transaction.atomic
def end_hold(user):
    """End the hold of all people whom `hold_everybody` held. `user`: the lead, or None."""
    ledger = Ledger.objects.select_for_update().get()
    if ledger.held_since is None:
        return
    lock(Contributor.objects.values_list("pk", flat=True))
    for person in Contributor.objects.filter(held_since=ledger.held_since):
        bring_back(person, user, is_noted=False)
    # Otherwise the missing file would count as lost again.
    ledger.held_since, ledger.is_written = None, False
    ledger.save(update_fields=["held_since", "is_written"])
