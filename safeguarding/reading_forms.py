"""The form for the answers of a reading, on its public screens and for those on paper."""

from django import forms
from django.utils.translation import gettext_lazy as _

from safeguarding.readings import QUESTIONS
from safeguarding.scopes import Channel

ANSWERS = [("yes", _("Yes")), ("no", _("No")), ("change", _("Change this"))]
MAX_WORDS = 1000  # characters of what a person writes to one question


class WordsField(forms.CharField):
    """What a person wrote. It cuts what is too long instead of an error, which no screen would show."""

    def to_python(self, value):
        # Browsers count a line break as one character, and send two.
        return super().to_python(value).replace("\r\n", "\n").replace("\0", "")[: self.max_length]


class AnswersForm(forms.Form):
    """The answers of `reading`, each with a few words, except those about a use, which are yes or no.

    On the public screens, the answers of former screens are in hidden fields.
    """

    everything = forms.BooleanField(label=_("The person wants none of this"), required=False)

    def __init__(self, *args, reading, **kwargs):
        super().__init__(*args, **kwargs)
        self.questions, no_help = [key for key, _label in reading.questions], {"autocomplete": "off"}
        self.is_current = reading.is_current
        for key, label in reading.questions:
            choices = ANSWERS[:2] if key in Channel.values else ANSWERS
            self.fields[key] = forms.ChoiceField(
                label=label, choices=choices, required=False, widget=forms.RadioSelect(no_help)
            )
            if choices == ANSWERS:
                words = forms.Textarea(no_help | {"rows": 3})
                self.fields[f"{key}_words"] = WordsField(
                    label=_("What should we change?"), max_length=MAX_WORDS, required=False, widget=words
                )

    def clean(self):
        needs_all = self.is_current and not self.cleaned_data.get("everything")
        for key in self.missing if needs_all else ():
            self.add_error(key, forms.Field.default_error_messages["required"])

    @property
    def rows(self):
        """[(number from 1, field of the answer, field of the words or None, what it is about)] of all."""
        return [
            (number, self[key], self[words] if words in self.fields else None, QUESTIONS[key][1])
            for number, key in enumerate(self.questions, 1)
            for words in [f"{key}_words"]
        ]

    @property
    def missing(self):
        """The questions without an answer that can be given, in order."""
        return [key for key in self.questions if not self.cleaned_data.get(key)]

    @property
    def answers(self):
        """The answers as Reading.record() takes them."""
        given = self.cleaned_data
        if given.get("everything"):
            return {"everything": ["no", ""]}
        asked = [key for key in self.questions if given.get(key)]
        return {key: [given[key], given.get(f"{key}_words", "")] for key in asked}
