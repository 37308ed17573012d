"""Each sentence of the notice that promises something is done, and a test shows it."""

import ast
from pathlib import Path
from typing import Final

import pytest
from django.utils import translation

from authsvc.core.texts import Text
from authsvc.privacy.notice import LAYERS, current_notice
from tests.factories import make_tenant

pytestmark = pytest.mark.requirement("S10-07", "S10-05")
ROOT: Final = Path(__file__).resolve().parents[3]

KEPT: Final = {
    "It is for people of %(age)s years and more; by agreeing you say that you are.": (
        "unit/privacy/test_least_age.py::test_the_notice_says_the_age_of_the_policy_in_force",
        "unit/privacy/test_least_age.py::test_whoever_agrees_says_that_they_are_as_old",
    ),
    "Nobody asks for your date of birth, and what you say of your age is told to no site.": (
        "unit/privacy/test_least_age.py::test_an_age_is_asked_for_and_kept_nowhere",
    ),
    "If you are younger, use your passkey alone, without any disadvantage.": (
        "unit/enrolment/test_enrolment.py::test_declining_the_face_enrols_a_passkey_without_disadvantage",
        "unit/capture/test_new_notice.py::test_whoever_refuses_is_in_by_the_passkey_and_asked_the_next_time",
    ),
    "Your camera takes a short series of pictures of your face while you turn your head.": (
        "browser/capture/test_states.py::test_the_camera_starts_only_after_device_proof_and_a_tap",
        "unit/biometrics/test_challenges.py::test_turn_starts_and_ends_at_the_neutral_with_a_turn_to_a_side",
    ),
    "The screen may change its colour meanwhile; if that can harm you, %(name)s or your page “Your passkeys "
    "and face” notes it until you take it back, and it is left out.": (
        "browser/capture/test_states.py::test_is_announced_without_a_tap_more_and_glows_after",
        "attacks/test_t07_challenges.py::test_t07_a_stored_need_leaves_light_out_until_it_is_taken_back",
        "unit/person/test_needs.py::test_a_person_has_changing_light_left_out_and_takes_it_back",
        "unit/portal/test_needs.py::test_the_organisation_leaves_light_out_for_a_person_who_asks",
    ),
    "The pictures travel encrypted to a server, which compares them with what it made of your face at "
    "enrolment.": (
        "browser/capture/test_residue.py::test_pictures_leave_the_phone_sealed_and_without_anything_beside_them",
        "attacks/test_canary.py::test_a_marked_sample_is_ciphertext_while_it_waits_and_gone_after_the_verdict",
    ),
    "What it keeps can only be opened together with your passkey.": (
        "unit/vault/test_vault.py::test_the_server_alone_opens_nothing",
        "unit/vault/test_vault.py::test_another_device_opens_nothing",
        "unit/vault/test_vault.py::test_no_template_stands_in_the_database_in_clear",
    ),
    "The pictures are erased within a minute of the result.": (
        "unit/transactions/test_journey.py::test_the_sample_is_erased_with_the_verdict",
        "unit/transactions/test_journey.py::test_the_sweeper_refuses_and_erases_what_has_no_verdict_in_time",
    ),
    "What was made of your face is kept until you withdraw, at most %(months)s months after you last used "
    "it.": (
        "unit/person/test_acts.py::test_consent_is_withdrawn_in_two_taps_and_everything_that_it_covered_ends",
        "unit/management/test_retention.py::test_a_reference_unused_for_twelve_months_is_erased",
        "unit/management/test_retention.py::test_a_reference_without_live_consent_is_erased",
        "unit/management/test_retention.py::test_twelve_months_are_not_exceeded",
        "unit/management/test_retention.py::test_it_is_on_the_schedule_at_least_daily_and_needs_no_worker",
    ),
    "You do not have to.": (
        "unit/enrolment/test_enrolment.py::test_declining_the_face_enrols_a_passkey_without_disadvantage",
        "unit/capture/test_new_notice.py::test_whoever_refuses_is_in_by_the_passkey_and_asked_the_next_time",
    ),
    "You can sign in with your passkey alone, without any disadvantage, and you can withdraw at any time.": (
        "unit/enrolment/test_enrolment.py::test_declining_the_face_enrols_a_passkey_without_disadvantage",
        "browser/capture/test_states.py::test_the_way_without_a_face_never_asks_for_the_camera",
        "unit/person/test_acts.py::test_consent_is_withdrawn_in_two_taps_and_everything_that_it_covered_ends",
    ),
    "Ask %(name)s, or remove your face on the page “Your passkeys and face”.": (
        "unit/portal/test_withdrawing.py::test_the_organisation_withdraws_for_a_person_who_asks",
        "unit/person/test_acts.py::test_a_face_is_removed_and_the_consent_stays",
        "unit/person/test_visits.py::test_the_page_bears_the_name_that_the_notice_gives_it",
    ),
}
"""What a sentence promises, in its source text, and the tests that it is done."""

NO_PROMISE: Final = {
    "%(name)s asks for this.": "says who",
    "Visor carries it out for them.": "says who",
    "To make sure that it is you who signs in to the sites that work with them, and nobody else.": "says why",
}


def source(text: Text) -> str:
    with translation.override(None):
        return str(text)


def sentences() -> set[str]:
    return {source(sentence) for layer in LAYERS.values() for sentence in layer}


def functions(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }


def test_every_sentence_is_kept_by_a_test_or_promises_nothing() -> None:
    assert sentences() == KEPT.keys() | NO_PROMISE.keys()
    assert not KEPT.keys() & NO_PROMISE.keys()


def test_an_entry_is_one_sentence() -> None:
    for text in sentences():
        assert text.rstrip("”").count(".") == 1, text
        assert text.endswith("."), text


@pytest.mark.parametrize("test", sorted({test for tests in KEPT.values() for test in tests}))
def test_every_test_that_is_named_is_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert name in functions(ROOT / "tests" / file)


@pytest.mark.django_db
def test_what_is_shown_is_these_sentences() -> None:
    tenant = make_tenant(name="Northwind 100%")
    shown = current_notice(tenant).content
    assert set(shown) == set(LAYERS)
    text = " ".join(shown.values())
    for sentence in sentences():
        assert sentence % {"name": tenant.name, "months": 12, "age": 18} in text
