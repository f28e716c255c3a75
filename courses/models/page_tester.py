"""What Wagtail asks about one page, answered from the words that its permission policy (courses/page_rights.py) finds."""

from __future__ import annotations

from wagtail.models import Page, PagePermissionTester
from wagtail.permissions import policy_registry

from learning.organisation.models import User

# The root, the index, the course or topic: what lies at this depth has an owner unit, and all below it the same.
TOP_DEPTH = 3
TOP_PATH = TOP_DEPTH * Page.steplen


class CoursePageTester(PagePermissionTester):
    """The same for one page. Superusers too: what was published once is kept, whoever asks."""

    def __init__(self, user: User, page: Page) -> None:
        self.user = user
        self.page = page
        self.page_is_root = page.depth == 1
        self.depth = page.depth or 0  # an unsaved page stands nowhere
        self.permissions = set(policy_registry.get(page).words_on(user, page))

    def holds(self, word: str) -> bool:
        return bool(self.user.is_active) and word in self.permissions

    def can_add_subpage(self) -> bool:
        makes = self.page.specific_class.creatable_subpage_models() if self.page.specific_class else []
        return self.holds("add") and any(model.can_create_at(self.page) for model in makes)

    def can_edit(self) -> bool:
        return self.depth >= TOP_DEPTH and self.holds("change")

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        """Drafts only, and only with nothing below that was ever public: records hang on what was."""
        if not self.can_edit() or self.page.first_published_at:
            return False
        below = (
            self.page.get_descendants().filter(first_published_at__isnull=False)
            if self.page.numchild
            else None
        )
        return below is None or not below.exists()

    def can_publish(self) -> bool:
        return self.depth >= TOP_DEPTH and self.holds("publish")

    def can_unpublish(self) -> bool:
        return self.can_publish() and self.page.live

    def can_publish_subpage(self) -> bool:
        """A new page is a draft first: what stops publishing is told on its own page."""
        return False

    # Wagtail's own screens for these are closed (admin/guards.py), so that no menu may offer them: lessons are moved,
    # and courses copied, in the outline.

    def can_reorder_children(self) -> bool:
        return False

    def can_move(self) -> bool:
        return False

    def can_copy(self) -> bool:
        return False

    def can_copy_to(self, destination: Page, recursive: bool = False) -> bool:
        return False

    def can_be_placed(self) -> bool:
        """Whether the outline may give it another place."""
        return self.depth > TOP_DEPTH and self.holds("publish" if self.page.live else "change")

    def can_move_to(self, destination: Page) -> bool:
        """Within its course: what was studied of a lesson belongs to the course it was studied in."""
        return (
            self.can_be_placed()
            and destination.path[:TOP_PATH] == self.page.path[:TOP_PATH]
            and destination.pk != self.page.pk
            and not destination.is_descendant_of(self.page)
            and (self.page.is_child_of(destination) or self.page.specific.can_move_to(destination))
        )

    def can_lock(self) -> bool:
        return False

    def can_unlock(self) -> bool:
        return False

    def can_set_view_restrictions(self) -> bool:
        return False

    def can_submit_for_moderation(self) -> bool:
        return False

    def can_view_revisions(self) -> bool:
        return self.can_edit()
