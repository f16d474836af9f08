"""Recognises addresses of films and recordings: on known sites, or by the ending of the file."""

from pathlib import PurePosixPath

from stories.links import split_address

AUDIO_HOSTS = {"soundcloud.com", "spotify.com", "mixcloud.com", "bandcamp.com", "anchor.fm", "libsyn.com"}
AUDIO_HOSTS |= {"podbean.com", "buzzsprout.com", "spreaker.com", "podcasts.apple.com", "ivoox.com"}
VIDEO_HOSTS = {"youtube.com", "youtube-nocookie.com", "youtu.be", "vimeo.com", "dailymotion.com", "dai.ly"}
VIDEO_HOSTS |= {"ted.com", "videopress.com", "wistia.com", "wistia.net", "twitch.tv", "tiktok.com"}
AUDIO_SUFFIXES = {".mp3", ".m4a", ".ogg", ".wav", ".oga", ".flac", ".aac"}
VIDEO_SUFFIXES = {".mp4", ".m4v", ".webm", ".ogv", ".mov", ".avi", ".wmv"}


def kind_of(url):
    """Return "video" or "audio" if `url` is the address of a film or recording, else ""."""
    parts = split_address(url)
    if parts.scheme not in {"http", "https"}:
        return ""
    host = parts.netloc.rpartition("@")[2].partition(":")[0].lower()
    suffix = PurePosixPath(parts.path.lower()).suffix
    for kind, hosts, suffixes in (
        ("video", VIDEO_HOSTS, VIDEO_SUFFIXES),
        ("audio", AUDIO_HOSTS, AUDIO_SUFFIXES),
    ):
        if suffix in suffixes or any(host == each or host.endswith(f".{each}") for each in hosts):
            return kind
    return ""
