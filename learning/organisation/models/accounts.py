"""People and how they get in: the user, and one-time codes for activation, reset and the exam room."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, number: str, full_name: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(number=number.strip(), full_name=full_name.strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, number: str, full_name: str, password: str | None = None, **fields: Any
    ) -> User:
        return self.create_user(number, full_name, password, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by number (学号/工号). Rights come from RoleAssignment, never from a flag here,
    except `is_superuser`, which the administrator's role sets for Wagtail."""

    number = models.CharField(_("学号/工号"), max_length=40, unique=True)
    full_name = models.CharField(_("姓名"), max_length=80)
    email = models.EmailField(_("电子邮箱"), blank=True)
    phone = models.CharField(_("手机"), max_length=20, blank=True)
    is_active = models.BooleanField(_("可登录"), default=True)
    activated_at = models.DateTimeField(_("激活时间"), null=True, blank=True)
    must_change_password = models.BooleanField(_("下次登录须改密码"), default=False)
    language = models.CharField(_("语言"), max_length=10, blank=True)
    large_print = models.BooleanField(_("大字"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    # Set on the user of a session that a campus platform has opened (by its authentication backend): roles do not count
    # there, for the platform's administrators can open a session as anybody of theirs.
    launched = False

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # our manager has its own create_user

    USERNAME_FIELD = "number"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = _("人员")
        verbose_name_plural = _("人员")

    def __str__(self) -> str:
        return f"{self.full_name}（{self.number}）"

    @property
    def first_name(self) -> str:
        """What Wagtail's side bar shows."""
        return self.full_name

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """As Django says, but that a superuser is none in a launched session."""
        return not self.launched and super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        return not self.launched and super().has_module_perms(app_label)

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name


class AccessCode(models.Model):
    """A one-time code; only its hash is kept."""

    class Kind(models.TextChoices):
        ACTIVATION = "activation", _("激活")
        RESET = "reset", _("重置密码")
        ROOM = "room", _("考场登录")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_codes")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    code_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    failed_tries = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "kind"], name="access_code_by_user")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.user_id}"
