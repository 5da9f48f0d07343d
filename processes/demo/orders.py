"""The incoming invoices and the tickets of the demo company."""

from __future__ import annotations

from typing import Any

from processes.demo.stories import Move, Moves, Story

FORMAL: Moves = {"formal": (Move("in_ordnung", hours=4),)}
CHECKED: Moves = {**FORMAL, "sachlich": (Move("richtig", hours=7),)}
APPROVED: Moves = {
    **CHECKED,
    "freigabe_1": (Move("freigegeben", hours=6),),
    "freigabe_2": (Move("freigegeben", hours=5),),
}
PAID: Moves = {**APPROVED, "zahlen": (Move("bezahlt", {"gezahlt_am": "{today}"}, hours=6),)}


def _invoice(days_ago: int, supplier: str, number: str, net: str, moves: Moves, **more: Any) -> Story:
    data = {
        "lieferant": supplier,
        "rechnungsnummer": number,
        "rechnungsdatum": "{today}",
        "netto": net,
        "skonto_prozent": more.pop("discount", ""),
        "skonto_bis": "{in 10}",
        "faellig_am": "{in 30}",
        "kostenstelle": more.pop("cost_centre", "kst-300"),
        "bestellung": more.pop("order", ""),
    }
    return Story(
        "eingangsrechnung", days_ago, supplier, f"{supplier}, Rechnung {number}", data, moves, **more
    )


INVOICES: tuple[Story, ...] = (
    _invoice(32, "Baltic Heizsysteme AG", "RE-2026-08841", "12.480,00", PAID, discount="2", order="B-7719"),
    _invoice(30, "Nordstrom Energie GmbH", "4471203", "1.876,40", PAID, cost_centre="kst-100"),
    _invoice(26, "Rohr & Ventil Großhandel GmbH", "R 260418", "3.214,75", PAID, discount="3", order="B-7733"),
    _invoice(23, "Bürobedarf Timm", "T-20981", "184,90", PAID, cost_centre="kst-100"),
    _invoice(21, "Spedition Harmsen", "26-1102", "960,00", {"formal": (Move("doppelt", hours=4),)}),
    _invoice(
        19,
        "Keramik Union GmbH",
        "KU 558120",
        "7.350,00",
        APPROVED,
        tail="claim",
        discount="2",
        order="B-7751",
    ),
    _invoice(
        16,
        "Baltic Heizsysteme AG",
        "RE-2026-09127",
        "8.940,00",
        CHECKED,
        order="B-7760",
        comment="Zwei Pumpen kamen erst mit der Nachlieferung, Lieferschein liegt bei.",
    ),
    _invoice(
        13,
        "Rohr & Ventil Großhandel GmbH",
        "R 260455",
        "2.118,30",
        {
            **FORMAL,
            "sachlich": (Move("abweichung", {"abweichung": "Berechnet 60 Stück, geliefert 50."}, hours=8),),
        },
        tail="draft",
        order="B-7768",
    ),
    _invoice(
        10,
        "Spedition Harmsen",
        "26-1131",
        "1.420,00",
        {"formal": (Move("fehlerhaft", note="Steuernummer fehlt.", hours=4),)},
    ),
    _invoice(
        5, "Keramik Union GmbH", "KU 558377", "4.990,00", FORMAL, tail="tick", discount="2", order="B-7790"
    ),
    _invoice(2, "Nordstrom Energie GmbH", "4482291", "1.901,15", {}, cost_centre="kst-100"),
    _invoice(12, "Bürobedarf Timm", "T-21044", "96,20", FORMAL, tail="cancel", cost_centre="kst-100"),
)


def _ticket(days_ago: int, customer: str, title: str, text: str, moves: Moves, **more: Any) -> Story:
    data = {"anliegen": text, "art": more.pop("sort", "frage")}
    return Story("ticket", days_ago, customer, title, data, moves, **more)


SOLVED: Moves = {"bearbeiten": (Move("geloest", {"loesung": "Telefonisch geklärt."}, hours=5),)}

TICKETS: tuple[Story, ...] = (
    _ticket(
        24,
        "von Rantzau",
        "Wartungstermin verschieben",
        "Bitte den Termin auf die zweite Monatshälfte legen.",
        SOLVED,
        sort="wunsch",
    ),
    _ticket(
        18,
        "Wiegand",
        "Ersatzteilnummer gesucht",
        "Welche Dichtung passt zum Speicher SP 120 von 2011?",
        SOLVED,
    ),
    _ticket(
        13,
        "",
        "Drucker im Lager druckt keine Lieferscheine",
        "Seit heute früh kommen nur leere Blätter.",
        {"bearbeiten": (Move("kein_anliegen", hours=3),)},
        sort="stoerung",
    ),
    _ticket(
        9,
        "Stadtwerke Eckernfeld GmbH",
        "Liste der gelieferten Zähler",
        "Bitte Seriennummern der Lieferung vom Vormonat senden.",
        {},
        tail="claim",
        sort="wunsch",
    ),
    _ticket(
        8,
        "Restaurant Luv & Lee",
        "Angebot für Abluftwärme",
        "Interesse an einer Vorführung in der Küche.",
        {},
        tail="suspend",
        sort="wunsch",
    ),
    _ticket(
        4,
        "Tischlerei Wendt",
        "Rückruf wegen Solarspeicher",
        "Herr Wendt möchte wissen, ob der Speicher förderfähig ist.",
        {},
        tail="draft",
    ),
    _ticket(
        2, "", "Neue Preisliste an alle Monteure", "Die Preisliste ab Dezember verteilen.", {}, sort="intern"
    ),
    _ticket(
        0,
        "Hansen",
        "Passwort für das Kundenportal",
        "Kommt nicht mehr hinein, bitte zurücksetzen.",
        {},
        sort="stoerung",
        urgency=1,
    ),
)
