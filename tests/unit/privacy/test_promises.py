"""Each sentence of the notice that promises something is done, and a test shows it."""

import ast
from pathlib import Path
from typing import Final

import pytest
from django.utils import translation

from authsvc.core.application_models import APPLICATION_MODELS
from authsvc.core.texts import Text
from authsvc.privacy.notice import LAYERS, PRESENCE_LAYERS, PUSHES, WHERE, current_notice
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
        "unit/person/test_needs.py::test_a_person_says_what_they_need_and_takes_it_back",
        "unit/portal/test_needs.py::test_the_organisation_notes_what_a_person_asks_for",
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
    "What it keeps can be opened by the server alone, without your passkey.": (
        "unit/protection/test_central.py::test_the_server_opens_it_alone_for_every_device_of_the_person",
    ),
    "A server makes something of your face at enrolment and keeps it sealed; it can only be opened together "
    "with your passkey.": (
        "unit/protection/test_sent_to_phone.py::test_it_lies_sealed_and_opens_with_a_share_that_the_passkey_released",
    ),
    "At each sign-in it is sent, encrypted, to the device that you sign in with, which compares it with what "
    "its camera sees, tells the server the result, and wipes it.": (
        "unit/enrolment/test_compared_on_phone.py::test_the_reference_goes_to_the_phone_sealed_and_the_phone_says_what_it_found",
        "unit/devtools/test_comparing.py::test_the_phone_forgets_the_reference_with_its_result",
    ),
    "The pictures travel encrypted to the server all the same, which looks whether a living person is before "
    "the camera; when you renew your face or add a passkey, it compares them too.": (
        "unit/protection/test_registry.py::test_what_adds_to_a_reference_is_compared_by_a_worker_wherever_a_sign_in_is",
    ),
    "What is made of your face is kept on your own device, sealed; each time it travels with the pictures, "
    "encrypted, to a server, which compares them and keeps neither.": (
        "unit/protection/test_phone_kept.py::test_no_table_holds_a_reference_in_any_form",
        "unit/protection/test_phone_kept.py::test_the_phone_gets_it_and_opens_it_with_its_share",
    ),
    "It can only be opened by the server together with your passkey.": (
        "unit/protection/test_phone_kept.py::test_what_is_not_what_was_kept_opens_nothing",
    ),
    "If you lose the device, or its browser’s data, you set up your face anew.": (
        "unit/protection/test_phone_kept.py::test_a_lost_phone_leaves_nothing_that_opens_and_a_new_enrolment_does",
    ),
    "The pictures travel encrypted to a server, which looks whether a living person is before the camera, "
    "and compares them with nothing.": (
        "unit/protection/test_local_match.py::test_only_liveness_is_judged_and_nothing_is_made_of_the_face",
        "browser/capture/test_residue.py::test_pictures_leave_the_phone_sealed_and_without_anything_beside_them",
    ),
    "That it is you is what your device says when you unlock it for your passkey, also with a PIN.": (
        "unit/assurance/test_face_said.py::test_presence_is_said_without_a_match_and_without_a_method",
    ),
    "Nothing that was made of your face is kept, here or on your device.": (
        "unit/enrolment/test_presence.py::test_no_table_holds_anything_of_a_face",
    ),
    "Ask %(name)s, or withdraw your consent on the page “Your passkeys and face”.": (
        "unit/enrolment/test_presence.py::test_a_consent_that_is_withdrawn_ends_it_and_there_is_nothing_to_erase",
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
        "unit/management/test_retention.py::test_the_sweeper_does_it_at_least_daily_and_needs_no_worker",
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
    "For this we keep the address that this browser has at its maker’s push service, sealed.": (
        "unit/reach/test_addresses.py::test_an_address_is_kept_sealed_and_said_nowhere",
    ),
    "That service learns when something is sent to you, and can read none of it.": (
        "unit/reach/test_messages.py::test_only_the_browser_opens_what_is_sent",
    ),
    "The address is erased when you turn this off, when this device’s passkey is revoked, when the browser "
    "gives it up, and when your account is closed.": (
        "unit/person/test_told.py::test_a_device_is_turned_on_listed_and_turned_off",
        "provider/ciba/test_telling.py::test_who_revokes_a_passkey_hears_no_more_by_its_device",
        "provider/ciba/test_telling.py::test_what_a_browser_gave_up_is_forgotten_and_a_mail_goes_out",
        "provider/ciba/test_telling.py::test_a_person_who_is_closed_leaves_no_way_to_them",
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
    "So that a site that asks for it knows that a living person is before the camera.": "says why",
}


def source(text: Text) -> str:
    with translation.override(None):
        return str(text)


def of_faces() -> set[str]:
    layers = (*LAYERS.values(), *PRESENCE_LAYERS.values(), *WHERE.values())
    return {source(sentence) for layer in layers for sentence in layer}


def sentences() -> set[str]:
    return of_faces() | {source(sentence) for sentence in PUSHES}


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


@pytest.mark.modes("notice", models="every")
@pytest.mark.django_db
def test_what_is_shown_is_these_sentences() -> None:
    tenant = make_tenant(name="Northwind 100%")
    of_models = [current_notice(tenant, row).content for row in APPLICATION_MODELS]
    assert {tuple(shown) for shown in of_models} == {tuple(LAYERS)}
    text = " ".join(layer for shown in of_models for layer in shown.values())
    for sentence in of_faces():
        assert sentence % {"name": tenant.name, "months": 12, "age": 18} in text
