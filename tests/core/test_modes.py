"""Shadow and split mode: what is sent, what is recorded, and that a conversation keeps its arm."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from spsd_core import Call, ContextDistiller, Distiller, Reason, Settings
from spsd_core.modes import arm_of
from spsd_core.observers import Observer
from spsd_core.settings import SplitSettings

POLITE = "Hi there! Could you please list the three largest lakes in Finland? Thanks so much!"


def settings(mode: str, **split: object) -> Settings:
    return Settings.model_validate({"mode": mode, "engines": ["lexical"], "split": split})


class TestShadow:
    def test_the_original_is_sent_and_what_could_be_is_recorded(self) -> None:
        on = Distiller(settings("on")).distill(POLITE)
        shadow = Distiller(settings("shadow")).distill(POLITE)
        assert on.distilled
        assert (shadow.text, shadow.reason) == (POLITE, Reason.WITHHELD)
        assert shadow.tokens_saved == 0
        assert shadow.record.withheld is not None
        assert shadow.record.withheld.tokens_after == on.tokens_after
        assert shadow.record.withheld.edits == on.record.edits
        assert shadow.record.withheld.engine == "lexical"
        assert shadow.record.arm == "original"
        assert shadow.record.decided_by == "mode.shadow"

    def test_it_saves_no_energy_and_spends_some(self) -> None:
        energy = Distiller(settings("shadow")).distill(POLITE).record.energy
        assert energy is not None
        assert energy.cloud_saved_uwh == 0
        assert energy.net_uwh < 0

    def test_what_would_pass_through_anyway_keeps_its_reason(self) -> None:
        found = Distiller(settings("shadow")).distill("Thanks!")
        assert (found.reason, found.record.withheld) == (Reason.TOO_SHORT, None)
        assert found.record.arm == "original"

    def test_a_remembered_text_is_withheld_too(self) -> None:
        distiller = Distiller(settings("shadow"))
        first, second = distiller.distill(POLITE), distiller.distill(POLITE)
        assert second.record.memoised
        assert first.record.withheld == second.record.withheld

    def test_sync_and_async_agree(self) -> None:
        distiller = Distiller(settings("shadow"))
        found = asyncio.run(distiller.adistill(POLITE))
        assert found.record.withheld == distiller.distill(POLITE).record.withheld

    def test_observers_are_told_what_was_sent(self) -> None:
        seen = []

        class Watching(Observer):
            def on_spsd_distillation(self, call, distillation):  # type: ignore[no-untyped-def]
                seen.append(distillation)

        found = Distiller(settings("shadow"), observers=[Watching()]).distill(POLITE)
        assert seen == [found]

    def test_passages_are_sent_as_they_came(self) -> None:
        passages = [
            "The bridge was opened in 1931. Its deck is made of steel. The toll house is a café. "
            "Children come on Thursdays. A tram crosses it. The club plays beside the canal."
        ] * 3
        question = "When was the bridge opened?"
        on = ContextDistiller(Settings()).distill(question, passages, ratio=0.4)
        shadow = ContextDistiller(Settings(mode="shadow")).distill(question, passages, ratio=0.4)
        assert on.distilled
        assert shadow.passages == tuple(passages)
        assert (shadow.reason, shadow.tokens_saved) == (Reason.WITHHELD, 0)
        assert shadow.record.tokens_withheld == on.tokens_after
        assert shadow.record.passages == on.record.passages


class TestSplit:
    def test_a_conversation_keeps_its_arm(self) -> None:
        distiller = Distiller(settings("split"))
        arms = {
            distiller.distill(text, call=Call(text, metadata={"thread_id": "t-9"})).record.arm
            for text in (POLITE, POLITE + " Bye!", "Hello! Could you please name two rivers there?")
        }
        assert len(arms) == 1

    @given(st.text(), st.floats(0, 1))
    def test_an_arm_follows_from_the_id_alone(self, name: str, share: float) -> None:
        some = settings("split", share=share)
        arm = arm_of(some, {"thread_id": name})
        assert arm == arm_of(some, {"thread_id": name, "tenant": "other"})
        larger = settings("split", share=min(1, share + 0.2))
        if arm == "distilled":  # who was in stays in when the share grows
            assert arm_of(larger, {"thread_id": name}) == "distilled"

    @pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
    def test_the_share_is_what_was_asked_for(self, share: float) -> None:
        some = settings("split", share=share)
        arms = [arm_of(some, {"user_id": f"user-{number}"}) for number in range(4000)]
        found = arms.count("distilled") / len(arms)
        assert found == share if share in (0.0, 1.0) else abs(found - share) < 0.03

    def test_another_salt_draws_another_share(self) -> None:
        ids = [{"user_id": str(number)} for number in range(200)]
        first, second = settings("split"), settings("split", salt="2")
        assert [arm_of(first, one) for one in ids] != [arm_of(second, one) for one in ids]

    def test_both_arms_record_what_they_would_save(self) -> None:
        distiller = Distiller(settings("split"))
        found = [
            distiller.distill(POLITE, call=Call(POLITE, metadata={"user_id": str(number)}))
            for number in range(40)
        ]
        saved = {
            one.tokens_before - one.record.withheld.tokens_after
            if one.record.withheld
            else one.tokens_saved
            for one in found
        }
        assert len(saved) == 1
        assert {one.record.arm for one in found} == {"distilled", "original"}

    def test_without_an_id_the_original_is_sent(self) -> None:
        found = Distiller(settings("split", share=1.0)).distill(POLITE)
        assert (found.text, found.record.arm) == (POLITE, "original")

    def test_wrong_settings_are_named(self) -> None:
        with pytest.raises(ValidationError, match="share"):
            SplitSettings(share=1.5)
        with pytest.raises(ValidationError, match="keys"):
            SplitSettings(keys=())
        with pytest.raises(ValidationError, match="mode"):
            Settings(mode="off")  # type: ignore[arg-type]
