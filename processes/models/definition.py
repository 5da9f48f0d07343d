"""What a process is: the family, its versions, and the rows a version is made of.

A version is a directed graph of steps. While it is a draft its rows may change; once published they are
immutable, here and (on PostgreSQL) by a database trigger.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from people.models import Team, User

KEY_VALIDATOR = RegexValidator(
    r"^[a-z][a-z0-9_-]*$", _("Use lower-case letters, digits, - and _, starting with a letter.")
)


class PublishedVersionError(Exception):
    """Somebody tried to change a row of a version that is no draft any more."""


class ProcessDefinition(models.Model):
    """The family of versions: name, owner, numbering, and who may start and see its cases."""

    class Visibility(models.TextChoices):
        """Who sees the cases, besides those who take part in them."""

        PARTICIPANTS = "participants", _("Participants only")
        TEAM = "team", _("The owning team")
        EVERYONE = "everyone", _("Everyone who works cases")

    class MayStart(models.TextChoices):
        """Who may start a case."""

        EVERYONE = "everyone", _("Everyone who works cases")
        TEAMS = "teams", _("Only the named teams")

    key = models.CharField(_("key"), max_length=60, unique=True, validators=[KEY_VALIDATOR])
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    category = models.CharField(_("category"), max_length=60, blank=True)
    owner_team = models.ForeignKey(
        Team, models.PROTECT, related_name="owned_processes", verbose_name=_("owning team")
    )
    owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_processes",
        verbose_name=_("process owner"),
    )
    number_pattern = models.CharField(
        _("number pattern"),
        max_length=60,
        default="V-{year}-{seq:05}",
        # xgettext:no-python-brace-format
        help_text=_("For example REK-{year}-{seq:05}"),
    )
    visibility = models.CharField(
        _("who sees the cases"), max_length=20, choices=Visibility, default=Visibility.TEAM
    )
    may_start = models.CharField(
        _("who may start"), max_length=20, choices=MayStart, default=MayStart.EVERYONE
    )
    start_teams = models.ManyToManyField(
        Team, blank=True, related_name="startable_processes", verbose_name=_("teams that may start")
    )
    is_confidential = models.BooleanField(_("confidential"), default=False)
    computes_urgency = models.BooleanField(
        _("urgency is computed"),
        default=False,
        help_text=_("Whoever starts a case has to say how many are hit and how much time presses."),
    )
    is_active = models.BooleanField(_("offered for starting"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    @property
    def published(self) -> ProcessVersion | None:
        """The version new cases start with, if there is one."""
        return self.versions.filter(state=ProcessVersion.State.PUBLISHED).first()

    @property
    def last_in_force(self) -> ProcessVersion | None:
        """The published version, else the retired one that was published last; None before the first."""
        retired = self.versions.filter(state=ProcessVersion.State.RETIRED)
        return self.published or retired.order_by("-published_at", "-number").first()


class LastingVersions(models.Manager["ProcessVersion"]):
    """Versions without the frozen copies of drafts that are only run on trial."""

    def get_queryset(self) -> models.QuerySet[ProcessVersion]:
        """What lists, exports and the next number are about."""
        return super().get_queryset().exclude(state=ProcessVersion.State.TRIAL)


class ProcessVersion(models.Model):
    """One exact state of a process: draft → published → retired.

    `plan_keys` names the escalation plan by urgency ("" = any other), as steps do for themselves; `plans`
    holds the levels of all plans, copied when it was published. `texts_stamp` changes with every correction
    of its texts (`TextRevision`); empty while there is none. A draft is run on trial as a copy of the same
    number in the state `trial`, which never changes either and goes with its case; only `everything` has it.
    """

    class State(models.TextChoices):
        """Life of a version; only `publishing` moves it."""

        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")
        TRIAL = "trial", _("Trial run")

    definition = models.ForeignKey(
        ProcessDefinition, models.PROTECT, related_name="versions", verbose_name=_("process")
    )
    number = models.PositiveIntegerField(_("version"))
    state = FSMField(_("state"), max_length=20, choices=State.choices, default=State.DRAFT, protected=False)
    language = models.CharField(_("language of the texts"), max_length=5, default="de")
    translations = models.JSONField(default=dict, blank=True, editable=False)
    plan_keys = models.JSONField(_("escalation plans"), default=dict, blank=True, editable=False)
    plans = models.JSONField(default=dict, editable=False)
    note = models.TextField(_("what changed"), blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    published_at = models.DateTimeField(_("published at"), null=True, editable=False)
    retired_at = models.DateTimeField(_("retired at"), null=True, editable=False)
    signed_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    signed_reason = models.TextField(_("reason of the signature"), blank=True, editable=False)
    lock_version = models.PositiveIntegerField(default=1, editable=False)
    texts_stamp = models.CharField(max_length=32, blank=True, editable=False)

    objects = LastingVersions()
    everything = models.Manager["ProcessVersion"]()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ("definition", "-number")
        constraints = (
            models.UniqueConstraint(
                fields=("definition", "number"),
                name="version_number_unique",
                condition=~models.Q(state="trial"),
            ),
            models.UniqueConstraint(
                fields=("definition",), name="version_one_published", condition=models.Q(state="published")
            ),
        )

    def __str__(self) -> str:
        return f"{self.definition} {self.number}"

    @property
    def is_draft(self) -> bool:
        """Whether its rows may still be changed."""
        return bool(self.state == self.State.DRAFT)

    @transition(field=state, source=State.DRAFT, target=State.PUBLISHED)
    def publish(self, *, by: User | None, at: Any) -> None:
        """Make it the version new cases start with (called by `processes.publishing` only)."""
        self.published_by = by
        self.published_at = at

    @transition(field=state, source=State.PUBLISHED, target=State.RETIRED)
    def retire(self, *, at: Any) -> None:
        """Start no more cases with it; running ones end on it."""
        self.retired_at = at


class VersionPart(models.Model):
    """A row of a version; refuses every change once the version is no draft."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row; raises PublishedVersionError unless the version is a draft."""
        self._refuse_unless_draft()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove the row; raises PublishedVersionError unless the version is a draft."""
        self._refuse_unless_draft()
        return super().delete(*args, **kwargs)

    def owning_version(self) -> ProcessVersion:
        """The version this row belongs to."""
        raise NotImplementedError

    def _refuse_unless_draft(self) -> None:
        if not self.owning_version().is_draft:
            raise PublishedVersionError(str(self.owning_version()))


def split_keys(text: str) -> tuple[str, ...]:
    """The keys of a text such as `check, approve`."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


class FormField(VersionPart):
    """A value the cases of this version carry; steps say what they do with it (StepField)."""

    class Type(models.TextChoices):
        """Value types; the codecs are in `processes.fields`."""

        TEXT = "text", _("Text, one line")
        LONGTEXT = "longtext", _("Text, several lines")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Amount of money")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        YESNO = "yesno", _("Yes or no")
        PERSON = "person", _("Person")
        TEAM = "team", _("Team")
        CUSTOMER = "customer", _("Customer")
        MULTICHOICE = "multichoice", _("Several choices")
        FILE = "file", _("File")

    version = models.ForeignKey(ProcessVersion, models.CASCADE, related_name="fields")
    key = models.CharField(_("key"), max_length=60, validators=[KEY_VALIDATOR])
    label = models.CharField(_("label"), max_length=120)
    help_text = models.CharField(_("help"), max_length=250, blank=True)
    type = models.CharField(_("type"), max_length=20, choices=Type, default=Type.TEXT)
    choices = models.JSONField(
        _("choices"), default=list, blank=True, help_text=_('A list such as [["repair", "Reparatur"]].')
    )
    limits = models.JSONField(_("limits"), default=dict, blank=True, editable=False)
    is_searchable = models.BooleanField(_("searchable"), default=False)
    is_evaluated = models.BooleanField(_("evaluated in reports"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=("version", "key"), name="field_key_unique"),)

    def __str__(self) -> str:
        return self.label

    def owning_version(self) -> ProcessVersion:
        """The version this field belongs to."""
        return self.version


class Step(VersionPart):
    """A node of the graph, with the meaning BPMN 2.0 gives its kind.

    `deadline` is the short form of the usual rule (so long from the start of the task); every other rule is a
    `DeadlineRule`.
    """

    class Kind(models.TextChoices):
        """Node kinds (design.md §3); the values are those of `engine.Kind`."""

        START = "start", _("Start")
        TASK = "task", _("Task")
        EXCLUSIVE = "exclusive", _("Depending on the data")
        PARALLEL = "parallel", _("Several at once, or wait for all")
        INCLUSIVE = "inclusive", _("Several, depending on the data")
        TIMER = "timer", _("Wait")
        ACTION = "action", _("Automatic")
        SUBPROCESS = "subprocess", _("Other process")
        END = "end", _("End")
        TERMINATE = "terminate", _("End everything at once")

    class Assignment(models.TextChoices):
        """Who gets the task."""

        POOL = "pool", _("The team's inbox")
        PERSON = "person", _("A certain person")
        STARTER = "starter", _("Who started the case")
        STARTER_LEAD = "starter_lead", _("The lead of who started the case")
        SAME_AS = "same_as", _("Who did another step")
        NOT_SAME_AS = "not_same_as", _("Anyone but who did another step (four eyes)")
        FEWEST_OPEN = "fewest_open", _("Who of the team has the fewest open tasks")
        ROUND_ROBIN = "round_robin", _("The team's members in turn")
        FROM_FIELD = "from_field", _("The person or team in a field")

    version = models.ForeignKey(ProcessVersion, models.CASCADE, related_name="steps")
    key = models.CharField(_("key"), max_length=60, validators=[KEY_VALIDATOR])
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.TASK)
    name = models.CharField(_("name"), max_length=120)
    instructions = models.TextField(_("what is to be done"), blank=True)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="steps", verbose_name=_("team")
    )
    assignment = models.CharField(
        _("assigned to"), max_length=20, choices=Assignment, default=Assignment.POOL
    )
    person = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="assigned_steps", verbose_name=_("person")
    )
    reference_key = models.CharField(
        _("the other step"),
        max_length=200,
        blank=True,
        help_text=_("Key of the step meant; several separated by commas."),
    )
    apart_key = models.CharField(
        _("not the person of"),
        max_length=200,
        blank=True,
        help_text=_("Four eyes: keys of steps whose persons may not do this one."),
    )
    field_key = models.CharField(
        _("field"), max_length=60, blank=True, help_text=_("Field that names the person or team.")
    )
    max_visits = models.PositiveSmallIntegerField(
        _("most visits"),
        null=True,
        blank=True,
        help_text=_("Reached more often than that, the task goes to the team's lead."),
    )
    approves_fields = models.JSONField(_("fields it approves"), default=list, blank=True, editable=False)
    deadline = models.CharField(
        _("deadline"),
        max_length=20,
        blank=True,
        help_text=_(
            "From the start of the task: 4h (working hours), 3d (working days), 10cd (calendar days)."
        ),
    )
    result = models.CharField(_("result"), max_length=120, blank=True, help_text=_("Name of this end."))
    plan_keys = models.JSONField(_("escalation plans"), default=dict, blank=True, editable=False)
    config = models.JSONField(default=dict, blank=True, editable=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=("version", "key"), name="step_key_unique"),)

    def __str__(self) -> str:
        return self.name

    def owning_version(self) -> ProcessVersion:
        """The version this step belongs to."""
        return self.version

    @property
    def reference_keys(self) -> tuple[str, ...]:
        """Keys of the steps that "same as" and "not the same as" point to."""
        return split_keys(self.reference_key)

    @property
    def apart_keys(self) -> tuple[str, ...]:
        """Keys of the steps whose persons may not do this one, whichever rule assigns it."""
        own = self.reference_keys if self.assignment == self.Assignment.NOT_SAME_AS else ()
        return tuple(dict.fromkeys((*own, *split_keys(self.apart_key))))


class StepPart(VersionPart):
    """A row that belongs to one step."""

    step: models.ForeignKey[Step, Step]

    class Meta:
        abstract = True

    def owning_version(self) -> ProcessVersion:
        """The version of the step this row belongs to."""
        return self.step.version


class Outcome(StepPart):
    """What a task can end with: chosen by a person, or by the clock."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="outcomes")
    key = models.CharField(_("key"), max_length=60, validators=[KEY_VALIDATOR])
    label = models.CharField(_("outcome"), max_length=120)
    requires_note = models.BooleanField(_("needs a reason"), default=False)
    is_clock = models.BooleanField(_("chosen by the clock"), default=False, editable=False)
    after = models.JSONField(_("when"), default=dict, blank=True, editable=False)
    is_interrupting = models.BooleanField(_("ends the task"), default=True, editable=False)
    is_approval = models.BooleanField(_("is an approval"), default=False, editable=False)
    is_no_agreement = models.BooleanField(_("no agreement"), default=False, editable=False)
    cancels = models.JSONField(_("steps it stops"), default=list, blank=True, editable=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=("step", "key"), name="outcome_key_unique"),)

    def __str__(self) -> str:
        return self.label


class Transition(VersionPart):
    """From a step (by an outcome or a condition) to the next step."""

    version = models.ForeignKey(ProcessVersion, models.CASCADE, related_name="transitions")
    source = models.ForeignKey(Step, models.CASCADE, related_name="outgoing", verbose_name=_("from"))
    outcome = models.ForeignKey(
        Outcome, models.CASCADE, null=True, blank=True, related_name="transitions", verbose_name=_("outcome")
    )
    target = models.ForeignKey(Step, models.CASCADE, related_name="incoming", verbose_name=_("next step"))
    is_default = models.BooleanField(_("otherwise"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("transition")
        verbose_name_plural = _("transitions")
        ordering = ("position", "id")

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"

    def owning_version(self) -> ProcessVersion:
        """The version this transition belongs to."""
        return self.version


class Condition(VersionPart):
    """One comparison; all conditions of a transition must hold."""

    class Operator(models.TextChoices):
        """Comparisons; which fit which type is in `processes.fields`."""

        EQ = "eq", _("is")
        NE = "ne", _("is not")
        LT = "lt", _("is less than")
        LE = "le", _("is at most")
        GT = "gt", _("is more than")
        GE = "ge", _("is at least")
        CONTAINS = "contains", _("contains")
        STARTS = "starts", _("begins with")
        IN = "in", _("is one of")
        BETWEEN = "between", _("is between")
        IS_TRUE = "is_true", _("is yes")
        IS_FALSE = "is_false", _("is no")
        IS_EMPTY = "is_empty", _("is empty")
        IS_NOT_EMPTY = "is_not_empty", _("is not empty")

    transition = models.ForeignKey(Transition, models.CASCADE, related_name="conditions")
    field_key = models.CharField(_("field"), max_length=60)
    operator = models.CharField(_("comparison"), max_length=20, choices=Operator, default=Operator.EQ)
    value = models.JSONField(_("value"), null=True, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        ordering = ("position", "id")

    def __str__(self) -> str:
        return f"{self.field_key} {self.operator} {self.value}"

    def owning_version(self) -> ProcessVersion:
        """The version of the transition this condition belongs to."""
        return self.transition.version


class ChecklistItem(StepPart):
    """An activity to be ticked off in a task; a mandatory one blocks every outcome a person chooses."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="checklist")
    key = models.CharField(_("key"), max_length=60, validators=[KEY_VALIDATOR])
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="parts", verbose_name=_("part of")
    )
    text = models.CharField(_("activity"), max_length=250)
    is_mandatory = models.BooleanField(_("mandatory"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("checklist item")
        verbose_name_plural = _("checklist")
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=("step", "key"), name="checklist_key_unique"),)

    def __str__(self) -> str:
        return self.text


class StepField(StepPart):
    """What a step does with a field. On the start step: the start form."""

    class Mode(models.TextChoices):
        """Whether the field may or must be filled in."""

        OPTIONAL = "optional", _("Optional")
        REQUIRED = "required", _("Required")
        READONLY = "readonly", _("Shown only")
        HIDDEN = "hidden", _("Not shown")

    MODES_WRITING: ClassVar[tuple[str, ...]] = ("optional", "required")

    step = models.ForeignKey(Step, models.CASCADE, related_name="step_fields")
    field = models.ForeignKey(FormField, models.CASCADE, related_name="+", verbose_name=_("field"))
    mode = models.CharField(_("mode"), max_length=10, choices=Mode, default=Mode.OPTIONAL)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("field of the step")
        verbose_name_plural = _("fields of the step")
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=("step", "field"), name="step_field_unique"),)

    def __str__(self) -> str:
        return str(self.field)
