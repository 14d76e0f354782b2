"""The five agreements as they were read: every rule with words that stand in its document."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from engine.facts.agreements import AgreementMalformed, read_agreement, read_agreements
from engine.shipped import processes_folder

DOCUMENTS = Path(__file__).parents[3] / "shared" / "agreements"
AGREEMENTS = read_agreements(processes_folder() / "agreements")
RULES = {"gotland": 23, "ostra_norrbotten": 16, "jamtbus": 26, "arjeplog": 22, "norrtalje": 11}


def plain(text):
    """White space and markup aside."""
    return re.sub(r"\s+", " ", re.sub(r"<[^<>]*>|[*_•○●|#]", " ", text)).strip()


def document_of(agreement):
    path = DOCUMENTS / agreement.document
    if not path.exists():
        assert os.environ.get("CI") != "true", f"{path} is missing"
        pytest.skip(f"the document {agreement.document} is not beside this checkout")
    return plain(path.read_text("utf-8"))


def test_the_five_agreements_have_the_98_rules_of_the_requirements():
    counted = {agreement.id: len(agreement.rules) for agreement in AGREEMENTS.values()}

    assert counted == RULES
    assert sum(counted.values()) == 98


@pytest.mark.parametrize("agreement", AGREEMENTS.values(), ids=list(AGREEMENTS))
def test_the_rules_are_numbered_without_a_gap(agreement):
    assert [rule.id for rule in agreement.rules] == [f"{agreement.number}-{n}" for n in range(1, RULES[agreement.id] + 1)]


@pytest.mark.parametrize("agreement", AGREEMENTS.values(), ids=list(AGREEMENTS))
def test_every_quote_is_found_in_its_document(agreement):
    document = document_of(agreement)

    missing = {rule.id: rule.quote for rule in agreement.rules if plain(rule.quote) not in document}

    assert not missing


@pytest.mark.parametrize("agreement", AGREEMENTS.values(), ids=list(AGREEMENTS))
def test_no_two_rules_stand_on_the_same_words(agreement):
    quotes = [rule.quote for rule in agreement.rules]

    assert len(set(quotes)) == len(quotes)


def test_002_4_the_units_of_jamtbus_have_the_ages_of_the_table():
    ages = {unit.code: (unit.age_min, unit.age_max) for unit in AGREEMENTS["jamtbus"].units}

    assert ages["child_health"] == ages["parent_child_health"] == (0, 5)
    assert ages["youth_clinic"] == (13, 22)
    assert ages["bup_first_line"] == (0, 17)
    assert ages["bup_specialist"] == ages["paediatrics"] == (0, 17.99)
    assert ages["primary_care"] == ages["social_authority"] == ages["habilitation"] == (0, 20)
    assert ages["youth_psychiatry"] == (16, 25)
    assert ages["adult_psychiatry"] == (18, None)


def test_002_4_at_eighteen_child_psychiatry_and_paediatrics_end_and_adult_psychiatry_begins():
    units = AGREEMENTS["jamtbus"].units

    def taking(years):
        return {unit.code for unit in units if unit.age_max is not None or unit.age_min is not None if unit.takes(years)}

    assert {"bup_first_line", "bup_specialist", "paediatrics"} <= taking(17)
    assert taking(17) - taking(18) == {"bup_first_line", "bup_specialist", "paediatrics"}
    assert taking(18) - taking(17) == {"adult_psychiatry"}
    assert {"habilitation", "primary_care", "social_authority", "youth_psychiatry"} <= taking(18)


def test_002_3_the_units_of_jamtbus_stand_on_three_levels():
    levels = {unit.level for unit in AGREEMENTS["jamtbus"].units}

    assert levels == {"general", "first_line", "specialist"}


def test_002_1_the_parties_are_the_region_eight_municipalities_and_the_federation():
    kinds = [party.kind for party in AGREEMENTS["jamtbus"].parties]

    assert (kinds.count("region"), kinds.count("municipality"), kinds.count("federation")) == (1, 8, 1)


def test_001_16_the_units_are_those_that_the_document_names():
    named = {unit.code for unit in AGREEMENTS["ostra_norrbotten"].units if unit.rule == "001-16"}

    assert named == {"maternity_care", "child_health", "preschool", "school", "social_services", "bum", "adult_psychiatry"}


def test_001_16_child_psychiatry_is_not_among_the_units():
    assert not [unit for unit in AGREEMENTS["ostra_norrbotten"].units if unit.kind == "child_psychiatry"]


def test_003_22_preschool_and_police_have_no_route_for_deviations():
    agreement = AGREEMENTS["arjeplog"]

    without = {unit.kind for unit in agreement.units} - (agreement.routed_kinds() or frozenset())

    assert without == {"preschool", "police"}


@pytest.mark.parametrize("agreement", ["gotland", "ostra_norrbotten", "jamtbus", "norrtalje"])
def test_an_agreement_without_a_list_of_routes_leaves_none_out(agreement):
    assert AGREEMENTS[agreement].routed_kinds() is None


def test_003_8_the_report_goes_to_the_head_and_for_schools_a_copy_further_up():
    routes = {route.unit: (route.to, route.copy_to) for route in AGREEMENTS["arjeplog"].deviation_routes}

    assert routes == {
        "compulsory_school": ("Ansvarig rektor", "För- och grundskolechef"),
        "upper_secondary_school": ("Ansvarig rektor", "Gymnasiechef"),
        "ifo": ("Ansvarig enhetschef för IFO", None),
        "primary_care": ("Verksamhetschef eller enhetschef", None),
    }


def test_000_19_the_three_strategic_levels_have_their_members_and_chair():
    gotland = AGREEMENTS["gotland"]

    assert len(gotland.group("political").members) == 5
    assert sum("Förvaltningschef" in member for member in gotland.group("barnsam").members) == 5
    assert gotland.group("barnnatverket").chair == "Folkhälsochef, ledningskontoret"
    assert gotland.group("barnnatverket").secretary == "Verksamhetsledare i BarnSam"


def test_000_20_the_possible_actors_are_there_and_private_schools_are_offered():
    gotland = AGREEMENTS["gotland"]

    assert {"school", "pupil_health", "police", "leisure", "social_insurance"} <= {unit.kind for unit in gotland.units}
    assert [provider.name for provider in gotland.private_providers] == ["Fristående förskolor", "Fristående skolor"]


def test_001_9_the_school_leads_the_local_steering_group():
    group = AGREEMENTS["ostra_norrbotten"].group("steering_group")

    assert group.chair == "Representant från skolan"
    assert len(group.members) == 4


def test_002_24_the_four_supplementary_documents_are_registered():
    assert [document.rule for document in AGREEMENTS["jamtbus"].related_documents] == ["002-24"] * 4


def test_002_25_barnarenan_owns_the_agreement_and_the_regional_network_follows_it():
    jamtbus = AGREEMENTS["jamtbus"]

    assert jamtbus.group("barnarenan").kind == "political"
    assert jamtbus.group("regional_network").kind == jamtbus.group("local_network").kind == "network"


def test_004_2_the_levels_of_the_county_and_the_municipality_are_there():
    codes = {group.code for group in AGREEMENTS["norrtalje"].groups}

    assert {"presidium", "bussam", "political", "bus_group"} <= codes


def test_004_9_the_local_plan_is_registered():
    assert [document.name for document in AGREEMENTS["norrtalje"].related_documents] == ["Lokal BUS-plan"]


def test_003_16_the_steering_group_is_the_three_heads():
    assert len(AGREEMENTS["arjeplog"].group("steering_group").members) == 3


def test_004_4_the_convener_of_the_political_follow_up_goes_round():
    political = AGREEMENTS["norrtalje"].group("political")

    turns = [political.convener_of(year) for year in range(2020, 2027)]

    assert turns[:3] == ["KSON", "Barn- och skolnämnden & Utbildningsnämnden", "Socialnämnden"]
    assert turns[3:6] == turns[:3]
    assert turns[6] == "KSON"


def test_004_5_the_steering_group_is_marked_as_a_proposal():
    groups = AGREEMENTS["norrtalje"].groups

    assert [group.code for group in groups if group.proposed] == ["steering_group"]


def test_004_6_the_working_group_has_its_eight_posts():
    assert len(AGREEMENTS["norrtalje"].group("working_group").members) == 8


def test_004_7_the_editions_are_kept():
    assert [version.on for version in AGREEMENTS["norrtalje"].versions] == ["2009-12-18", "2012-05", "2014-02"]


def test_004_10_support_for_disabilities_lies_with_the_federation():
    unit = AGREEMENTS["norrtalje"].unit("lss")

    assert (unit.party, unit.party_kind) == ("kson", "federation")


SMALL = """number = "002"
id = "small"
name = "Litet avtal"
document = "002.txt"

[[version]]
on = "2012"
note = "Första."

[[party]]
code = "region"
name = "Regionen"
kind = "region"

[[unit]]
code = "school"
name = "Skola"
kind = "school"
party_kind = "municipality"
rule = "002-1"

[[group]]
code = "board"
name = "Nämnd"
kind = "political"
rule = "002-1"

[[rule]]
id = "002-1"
quote = "avgör själva"
sv = "Parterna avgör själva."
"""


def test_a_small_agreement_is_read():
    agreement = _read(SMALL)

    assert agreement.unit("school").rule == agreement.rule("002-1").id == "002-1"


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ('kind = "school"', 'kynd = "school"', 18, "kynd"),
        ('kind = "school"\n', "", 15, "kind"),
        ('party_kind = "municipality"', 'party_kind = "county"', 19, "party_kind"),
        ('party_kind = "municipality"', 'party = "nobody"\nparty_kind = "municipality"', 19, "party"),
        ('code = "school"', "code = 7", 16, "code"),
        ('code = "school"', 'code = "school"\nage_min = "noll"', 17, "age_min"),
        ('code = "school"', 'code = "school"\nlevel = "second_line"', 17, "level"),
        ('kind = "school"\nparty_kind = "municipality"\nrule = "002-1"', 'kind = "school"\nparty_kind = "municipality"\nrule = "002-9"', 20, "rule"),
        ('id = "002-1"', 'id = "003-1"', 29, "id"),
        ('quote = "avgör själva"', 'quote = ""', 30, "quote"),
        ('name = "Litet avtal"\n', "", 1, "name"),
        ('kind = "political"', 'kind = "political"\nmembers = "alla"', 26, "members"),
        ('kind = "political"', 'kind = "political"\nmembers = [1]', 26, "members"),
        ('quote = "avgör själva"', "quote = avgör själva", 30, "quote"),
        ('[[rule]]\nid = "002-1"', '[rule]\nid = "002-1"', 28, "rule"),
    ],
)
def test_a_malformed_file_is_one_sentence_with_file_line_and_key(old, new, line, key):
    assert SMALL.count(old) == 1

    with pytest.raises(AgreementMalformed) as refused:
        _read(SMALL.replace(old, new))

    assert refused.value.names | {"file": "small.toml", "line": line, "key": key} == refused.value.names
    for language in ("sv", "en"):
        assert "\n" not in refused.value.sentence(language)


def test_a_repeated_rule_is_refused_where_it_is_repeated():
    again = SMALL + '\n[[rule]]\nid = "002-1"\nquote = "en gång till"\nsv = "Igen."\n'

    with pytest.raises(AgreementMalformed) as refused:
        _read(again)
    assert (refused.value.names["line"], refused.value.names["key"]) == (34, "id")


def test_two_files_of_one_agreement_are_refused(tmp_path):
    (tmp_path / "a.toml").write_text(SMALL, "utf-8")
    (tmp_path / "b.toml").write_text(SMALL, "utf-8")

    with pytest.raises(AgreementMalformed, match=r"b\.toml"):
        read_agreements(tmp_path)


def test_a_file_that_is_not_utf_8_is_refused():
    with pytest.raises(AgreementMalformed, match="UTF-8"):
        read_agreement("small.toml", "namn = 'Å'".encode("latin-1"))


def _read(text):
    return read_agreement("small.toml", text.encode())
