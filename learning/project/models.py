"""How this installation calls itself and looks."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.images.widgets import AdminImageChooser

COLOUR = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("请填写 #RRGGBB 形式的颜色。"))


@register_setting(icon="site")
class SiteLook(BaseGenericSetting):
    name = models.CharField(_("网站名称"), max_length=60, default="党校在线学习与考试")
    crest = models.ForeignKey("wagtailimages.Image", on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
                              verbose_name=_("徽标"))  # fmt: skip
    brand = models.CharField(_("主色"), max_length=7, default="#B3191F", validators=[COLOUR])
    footer_text = models.TextField(_("页脚文字"), blank=True, help_text=_("例如单位名称与备案号，每行一项。"))
    grey_mode = models.BooleanField(_("灰色显示"), default=False)

    panels = [
        MultiFieldPanel(
            [
                FieldPanel("name"),
                FieldPanel("crest", widget=AdminImageChooser(show_edit_link=False)),
                FieldPanel("footer_text"),
            ],
            heading=_("名称"),
        ),
        MultiFieldPanel([FieldPanel("brand"), FieldPanel("grey_mode")], heading=_("颜色")),
    ]

    class Meta:
        verbose_name = _("网站外观")
