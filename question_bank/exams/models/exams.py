"""A scheduled use of a blueprint, its frozen pool, and the people admitted to it."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import GroupMember, PersonStatus, TeachingGroup, Unit, User
from learning.organisation.permissions import Action, groups_allowing, scope_q
from question_bank.questions.models import QuestionVersion

from .blueprints import Blueprint, Cell

UNLIMITED_ATTEMPTS = 999


def group_q(user: User, action: Action) -> Q:
    """A filter "a person sits an exam with a teaching group for whose people the user may do the action", for rows with
    `exam` and `user`: candidates, attempts. Who has left the group still counts, another group of the exam does not, and
    nobody is their own teacher: on a platform a student of one course may teach another that links the same exam."""
    groups = groups_allowing(user, action)
    if not groups:
        return Q(pk__in=[])
    members = GroupMember.objects.filter(
        group__in=groups, user=OuterRef("user"), group__exam_groups__exam=OuterRef("exam")
    )
    return Q(Exists(members)) & ~Q(user=user.pk)


class ExamQuerySet(models.QuerySet["Exam"]):
    def allowing(self, user: User, action: Action) -> ExamQuerySet:
        """Exams owned by units in the user's scope."""
        return self.filter(scope_q(user, action, "owner_unit"))

    def watched_by(self, user: User, action: Action) -> ExamQuerySet:
        """Those, exams of other units that have candidates in the user's scope, and exams that a group sits for whose
        people the user may do it (who sees only those people)."""
        theirs = Candidate.objects.filter(scope_q(user, action, "unit")).values("exam")
        allowed = scope_q(user, action, "owner_unit") | Q(pk__in=theirs)
        if groups := groups_allowing(user, action):
            allowed |= Q(pk__in=ExamGroup.objects.filter(group__in=groups).values("exam"))
        return self.filter(allowed)

    def for_member(self, user: User) -> ExamQuerySet:
        return self.filter(state=Exam.State.PUBLISHED, candidates__user=user)


class Exam(models.Model):
    """Rules of time, attempts, leaving, marking and release. Periods are half-open [opens_at, closes_at)."""

    class Kind(models.TextChoices):
        PRACTICE = "practice", _("练习")
        MOCK = "mock", _("模拟")
        FORMAL = "formal", _("正式")
        RESIT = "resit", _("补考")
        DAILY = "daily", _("每日一答")

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已发布")
        WITHDRAWN = "withdrawn", _("已撤回")

    class EndPolicy(models.TextChoices):
        INDEPENDENT = "independent", _("独立时间（每人都有完整时长）")
        DYNAMIC = "dynamic", _("动态时间（到考试结束时间为止）")

    class ScorePolicy(models.TextChoices):
        BEST = "best", _("取最高分")
        LAST = "last", _("取最后一次")
        FIRST = "first", _("取第一次")
        AVERAGE = "average", _("取平均分")

    class AwayAction(models.TextChoices):
        RECORD = "record", _("只记录")
        SUBMIT = "submit", _("超过次数后自动交卷")

    class ReleasePolicy(models.TextChoices):
        MANUAL = "manual", _("由发布人发布")
        AT_MARKED = "at_marked", _("阅卷完成后立即")
        AT_CLOSE = "at_close", _("考试结束后")

    title = models.CharField(_("名称"), max_length=120)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices, default=Kind.FORMAL)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    owner_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="exams", verbose_name=_("所属党组织")
    )
    blueprint = models.ForeignKey(
        Blueprint, on_delete=models.PROTECT, related_name="exams", verbose_name=_("组卷规则")
    )
    instructions = models.TextField(_("考试说明"), blank=True)

    opens_at = models.DateTimeField(_("开始时间"))
    closes_at = models.DateTimeField(_("结束时间"))
    last_entry_at = models.DateTimeField(_("迟到截止"), null=True, blank=True)
    limit_s = models.PositiveIntegerField(_("时长（秒）"))
    end_policy = models.CharField(
        _("结束方式"), max_length=12, choices=EndPolicy.choices, default=EndPolicy.DYNAMIC
    )
    net_grace_s = models.PositiveSmallIntegerField(_("网络宽限（秒）"), default=60)
    earliest_submit_s = models.PositiveIntegerField(_("最短交卷时间（秒）"), default=0)
    max_attempts = models.PositiveSmallIntegerField(_("可考次数"), default=1)
    delay_s = models.PositiveIntegerField(_("两次间隔（秒）"), default=0)
    score_policy = models.CharField(
        _("多次成绩"), max_length=8, choices=ScorePolicy.choices, default=ScorePolicy.BEST
    )

    pass_percent = models.DecimalField(_("合格线（%）"), max_digits=5, decimal_places=2, default=60)
    bands = models.JSONField(
        _("等级"), default=list, blank=True
    )  # [{"from": "90", "name": "优秀"}, …] in percent
    pass_text = models.TextField(_("合格时的话"), blank=True)
    fail_text = models.TextField(_("不合格时的话"), blank=True)
    password = models.CharField(_("考试密码"), max_length=40, blank=True)
    away_allowed = models.PositiveSmallIntegerField(_("允许离开次数"), default=3)
    away_action = models.CharField(
        _("离开页面"), max_length=8, choices=AwayAction.choices, default=AwayAction.RECORD
    )
    watermark = models.BooleanField(_("水印"), default=False)

    score_release = models.CharField(_("公布成绩"), max_length=10, choices=ReleasePolicy.choices,
                                     default=ReleasePolicy.MANUAL)  # fmt: skip
    answer_release = models.CharField(_("公布答案与解析"), max_length=10, choices=ReleasePolicy.choices,
                                      default=ReleasePolicy.MANUAL)  # fmt: skip

    pool_version = models.PositiveIntegerField(
        default=0
    )  # rises when the frozen pool is made anew: caches key on it
    plan = models.JSONField(
        null=True, editable=False
    )  # the blueprint as it was at publish; publishing.plan_of
    # Questions found wrong after publishing: {"version id": {"version": id of the corrected one} | {"void": true}}.
    # The paper shown stays; whoever hands in later is marked by this, those marked before by a regrade.
    corrections = models.JSONField(default=dict, editable=False)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ExamQuerySet.as_manager()

    class Meta:
        verbose_name = _("考试")
        verbose_name_plural = _("考试")
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="exam_closes_after_it_opens"
            ),
            models.CheckConstraint(condition=Q(limit_s__gt=0, max_attempts__gte=1), name="exam_can_be_sat"),
            models.CheckConstraint(condition=Q(pass_percent__range=(0, 100)), name="exam_pass_percent"),
        ]
        indexes = [models.Index(fields=["state", "closes_at"], name="exam_by_window")]

    def __str__(self) -> str:
        return self.title

    @property
    def unlimited(self) -> bool:
        """Whether members may sit it as often as they like."""
        return self.max_attempts >= UNLIMITED_ATTEMPTS


class ExamPool(models.Model):
    """A question frozen into the exam's supply at publish. `drawn` is folded by a worker, never on the start path."""

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="pool")
    cell = models.ForeignKey(Cell, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    drawn = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["exam", "cell", "version"], name="once_in_pool_of_cell")
        ]

    def __str__(self) -> str:
        return f"{self.exam_id}: {self.version_id}"


class AdmissionRule(models.Model):
    """Who is to be admitted: the members of a unit and those below it, of these person statuses ([] = all)."""

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="admission_rules")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("党组织"))
    person_statuses = models.JSONField(_("人员状态"), default=list, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["exam", "unit"], name="one_admission_rule_per_unit")]

    def __str__(self) -> str:
        return f"{self.exam_id}: {self.unit_id}"


class ExamGroup(models.Model):
    """The exam is sat by a teaching group: its staff may do for its people what permissions.GROUP_MATRIX says."""

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="exam_groups")
    group = models.ForeignKey(
        TeachingGroup, on_delete=models.PROTECT, related_name="exam_groups", verbose_name=_("教学班")
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["exam", "group"], name="group_sits_exam_once")]

    def __str__(self) -> str:
        return f"{self.exam_id}: {self.group_id}"


class CandidateQuerySet(models.QuerySet["Candidate"]):
    def allowing(self, user: User, action: Action) -> CandidateQuerySet:
        """Candidates of exams owned in the user's scope, those whose unit lies in it, and people of the user's groups."""
        scope = scope_q(user, action, "exam__owner_unit") | scope_q(user, action, "unit")
        return self.filter(scope | group_q(user, action))


class Candidate(models.Model):
    """A person admitted to an exam, with unit, ancestors' keys and person status at that time."""

    class State(models.TextChoices):
        ELIGIBLE = "eligible", _("应考")
        EXEMPT = "exempt", _("免考")
        DEFERRED = "deferred", _("缓考")
        ABSENT = "absent", _("缺考")
        BARRED = "barred", _("取消资格")

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="candidates")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="candidacies")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("党组织"))
    unit_ancestors = models.JSONField(default=list)  # unit keys, the unit's own first, the root's last
    person_status = models.CharField(max_length=14, choices=PersonStatus.choices)
    state = models.CharField(_("考生状态"), max_length=8, choices=State.choices, default=State.ELIGIBLE)
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    extra_percent = models.PositiveSmallIntegerField(_("加时（%）"), default=0)
    admitted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    admitted_at = models.DateTimeField()
    # The group they came with, while nobody else has admitted them: who leaves it may then be left out again.
    group = models.ForeignKey(
        TeachingGroup, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    objects = CandidateQuerySet.as_manager()

    class Meta:
        verbose_name = _("考生")
        verbose_name_plural = _("考生")
        constraints = [models.UniqueConstraint(fields=["exam", "user"], name="candidate_once")]
        indexes = [models.Index(fields=["user", "exam"], name="candidate_by_user")]

    def __str__(self) -> str:
        return f"{self.exam_id}: {self.user_id}"
