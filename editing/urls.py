"""Admin routes whose views replace Wagtail's: each has the path of one of Wagtail's routes.

site_project/urls.py puts them before Wagtail's. docs/overrides.md lists them with their reasons.
"""

from django.urls import path
from django.views.decorators.cache import never_cache
from wagtail.admin.auth import require_admin_access
from wagtail.admin.urls import display_custom_404
from wagtail.utils.urlpatterns import decorate_urlpatterns

from editing.access.tags import autocomplete_tags
from editing.access.translating import TranslatePageView, TranslateSnippetView
from editing.overrides.account import AccountView
from editing.overrides.adding_pictures import AddPicturesView
from editing.overrides.deleting_files import DeleteDocument, DeletePicture

urlpatterns = [
    path("account/", AccountView.as_view(), name="wagtailadmin_account"),
    path("documents/delete/<int:document_id>/", DeleteDocument.as_view(), name="delete_document"),
    path("images/<int:image_id>/delete/", DeletePicture.as_view(), name="delete_picture"),
    path("images/multiple/add/", AddPicturesView.as_view(), name="add_multiple"),
    path("tag-autocomplete/", autocomplete_tags, name="wagtailadmin_tag_autocomplete"),
    path(
        "tag-autocomplete/<slug:app_name>/<slug:model_name>/",
        autocomplete_tags,
        name="wagtailadmin_tag_model_autocomplete",
    ),
    path(
        "translation/submit/page/<int:page_id>/", TranslatePageView.as_view(), name="submit_page_translation"
    ),
    path(
        "translation/submit/snippet/<slug:app_label>/<slug:model_name>/<str:pk>/",
        TranslateSnippetView.as_view(),
        name="submit_snippet_translation",
    ),
]
# The same decorators as for Wagtail's own routes.
for decorator in (require_admin_access, display_custom_404, never_cache):
    urlpatterns = decorate_urlpatterns(urlpatterns, decorator)
