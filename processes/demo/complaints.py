"""The complaints of the demo company."""

from __future__ import annotations

from typing import Any

from processes.demo.stories import CUSTOMER, Move, Moves, Story

REASON = "Abgestimmt am Telefon."
CAPTURE: Moves = {"erfassen": (Move("vollstaendig", hours=2),)}
CLAIM: Moves = {**CAPTURE, "anspruch": (Move("anspruch_besteht", {"kaufdatum": "14.03.2026"}, hours=5),)}


def _examined(cause: str, report: str, outcome: str = "bestaetigt") -> Moves:
    data = {"ursache": cause, "pruefbericht": report}
    return {**CLAIM, "mangel_pruefen": (Move(outcome, data, note=REASON, hours=11),)}


def _solved(cause: str, report: str, solution: str, costs: str) -> Moves:
    decision = Move("festgelegt", {"loesung": solution, "kosten": costs}, hours=4)
    return {
        **_examined(cause, report),
        "loesung_festlegen": (decision,),
        "loesung_freigeben": (Move("freigegeben", hours=3),),
    }


def _informed(cause: str, report: str, solution: str, costs: str) -> Moves:
    step = {"reparatur": "nachbessern", "ersatz": "ersatz", "gutschrift": "gutschrift"}[solution]
    return {
        **_solved(cause, report, solution, costs),
        step: (Move("erledigt", hours=9),),
        "informieren": (Move("einverstanden", hours=4),),
    }


def _closed(cause: str, report: str, solution: str, costs: str, measure: str) -> Moves:
    return {
        **_informed(cause, report, solution, costs),
        "ursache_abstellen": (Move("massnahme", {"massnahme": measure}, hours=20),),
        "kosten_verbuchen": (Move("verbucht", {"kosten_tatsaechlich": costs}, hours=8),),
    }


PRESSURE = ("material", "Membran des Ausdehnungsgefäßes gerissen, Vordruck 0 bar.")
PUMP = ("fertigung", "Laufrad der Pumpe schleift, Lagerspiel zu groß.")
TRANSPORT = ("transport", "Bruchkante an der Ecke, Karton eingedrückt.")
FITTING = ("montage", "Dichtung verkantet eingebaut, Gewinde sonst in Ordnung.")


def _complaint(
    days_ago: int, customer: str, title: str, defect: str, worth: str, moves: Moves, **more: Any
) -> Story:
    article = title.split(":")[0]
    data = {
        "kunde": CUSTOMER,
        "artikel": article,
        "mangel": defect,
        "zugang_am": "{today}",
        "kanal": more.pop("channel", "telefon"),
        "warenwert": worth,
        "auftrag": more.pop("order", ""),
    }
    return Story("reklamation", days_ago, customer, title, data, moves, **more)


COMPLAINTS: tuple[Story, ...] = (
    _complaint(
        34,
        "Wohnbau Förde eG",
        "Umwälzpumpe UP 25: laute Geräusche",
        "Pumpe brummt seit dem Einbau, Mieter beschweren sich.",
        "389,00",
        _closed(*PUMP, "ersatz", "410,00", "Lieferant angeschrieben, Charge gesperrt."),
        order="A-26-1187",
    ),
    _complaint(
        31,
        "Hotel Seeblick Laboe",
        "Brausearmatur Riva: Kartusche undicht",
        "In drei Zimmern tropfen die Armaturen nach vier Wochen.",
        "642,00",
        _closed(
            "material",
            "Kartusche undicht, drei von drei geprüft.",
            "ersatz",
            "660,00",
            "Kartuschen nur noch von Zweitlieferant.",
        ),
        order="A-26-1203",
    ),
    _complaint(
        29,
        "Schröder",
        "Heizkörper Plan 22: Kratzer im Lack",
        "Beim Auspacken lange Kratzer auf der Vorderseite gesehen.",
        "275,00",
        _closed(*TRANSPORT, "gutschrift", "80,00", "Kantenschutz im Versand ergänzt."),
        channel="email",
        order="A-26-1211",
    ),
    _complaint(
        27,
        "Kita Möwennest e. V.",
        "Durchlauferhitzer DE 18: schaltet ab",
        "Nach wenigen Minuten kommt nur noch kaltes Wasser.",
        "529,00",
        _closed(*FITTING, "reparatur", "145,00", "Montageanleitung um Bild 7 ergänzt."),
    ),
    _complaint(
        25,
        "Jessen",
        "Waschtisch Linea: Riss in der Keramik",
        "Feiner Riss vom Ablauf bis zum Rand.",
        "198,00",
        {
            **_examined(
                "bedienung", "Schlagstelle deutlich sichtbar, kein Fertigungsfehler.", "nicht_bestaetigt"
            ),
            "ablehnung": (
                Move("begruendet", {"ablehnungsgrund": "Der Riss geht von einer Schlagstelle aus."}, hours=6),
            ),
            "ablehnung_freigeben": (Move("frei", hours=5),),
            "informieren": (Move("einverstanden", hours=6),),
            "ursache_abstellen": (Move("keine", hours=10),),
            "kosten_verbuchen": (Move("verbucht", {"kosten_tatsaechlich": "0,00"}, hours=6),),
        },
        channel="webshop",
    ),
    _complaint(
        22,
        "Sanitär Thode GmbH",
        "Kessel Nordal 24: Fehler F4",
        "Kessel geht nach dem Start auf Störung F4.",
        "3.480,00",
        _informed(*PRESSURE, "reparatur", "1.240,00"),
        order="A-26-1266",
        comment="Thode baut selbst ein, wir schicken nur den Techniker zur Abnahme.",
    ),
    _complaint(
        20,
        "Bäckerei Claussen",
        "Warmwasserspeicher 300: rostiges Wasser",
        "Seit zwei Wochen braunes Wasser in der Backstube.",
        "1.890,00",
        _informed("material", "Opferanode verbraucht, Emaille beschädigt.", "ersatz", "1.960,00"),
        urgency=1,
        order="A-26-1279",
    ),
    _complaint(
        18,
        "Hansen",
        "Thermostat Smart 2: verliert Verbindung",
        "Verbindung bricht jede Nacht ab.",
        "79,00",
        {"erfassen": (Move("nur_frage", hours=2),)},
        channel="email",
    ),
    _complaint(
        17,
        "Hausverwaltung Brandes & Sohn",
        "Rückflussverhinderer DN 20: Charge undicht",
        "Fünf von zwanzig Stück tropfen.",
        "310,00",
        _solved("fertigung", "Federn zu schwach, ganze Charge betroffen.", "gutschrift", "310,00"),
        tail="claim",
        order="A-26-1301",
    ),
    _complaint(
        15,
        "Pflegezentrum Eiderblick gGmbH",
        "Mischventil MX 40: Wasser zu heiß",
        "An zwei Waschbecken kommt Wasser über 60 Grad.",
        "1.150,00",
        _examined("fertigung", "Fühler sitzt lose, Verbrühung möglich.", "sicherheitsrisiko"),
        urgency=0,
        comment="Betroffene Waschbecken sind abgesperrt, Herr Delfs weiß Bescheid.",
        order="A-26-1322",
    ),
    _complaint(
        14,
        "Yıldız",
        "Duschkabine Klar 90: Tür schließt nicht",
        "Die Tür steht unten zwei Zentimeter auf.",
        "459,00",
        _solved(*FITTING, "reparatur", "120,00"),
        tail="draft",
    ),
    _complaint(
        12,
        "Campingplatz Grönwohld",
        "Münzduschautomat: nimmt kein Geld",
        "Drei Automaten werfen die Münzen wieder aus.",
        "2.240,00",
        _solved("material", "Münzprüfer korrodiert.", "ersatz", "2.300,00"),
        order="A-26-1340",
    ),
    _complaint(
        11,
        "Petersen",
        "Badheizkörper Lena: bleibt kalt",
        "Wird oben warm, unten nicht.",
        "239,00",
        {"erfassen": (Move("angaben_fehlen", hours=2),)},
        tail="tick",
        channel="brief",
    ),
    _complaint(
        9,
        "Architekturbüro Rathke",
        "Regenbrause Weit 40: falsche Oberfläche",
        "Bestellt war Edelstahl gebürstet, gekommen ist Chrom.",
        "820,00",
        CLAIM,
        tail="claim",
        channel="email",
    ),
    _complaint(
        8,
        "Nowak",
        "Heizungsregler HR 3: Anzeige dunkel",
        "Anzeige geht nur mit Schütteln an.",
        "149,00",
        CLAIM,
    ),
    _complaint(
        7,
        "Grundschule am Heidberg",
        "Trinkwasserfilter TF 1: tropft",
        "Tropft an der Verschraubung.",
        "96,00",
        {"erfassen": (Move("doppelt", note="Schon unter der Vorwoche erfasst.", hours=2),)},
    ),
    _complaint(
        6,
        "Wohnbau Förde eG",
        "Ventilunterteil V 15: klemmt",
        "Etwa 40 Stück lassen sich nicht drehen.",
        "720,00",
        CAPTURE,
        urgency=1,
        order="A-26-1377",
    ),
    _complaint(
        3,
        "Groth",
        "Wärmepumpe Brise 8: zu laut nachts",
        "Nachbarn beschweren sich über das Brummen.",
        "9.860,00",
        CAPTURE,
        tail="draft",
        urgency=1,
    ),
    _complaint(
        1,
        "Autohaus Nissen KG",
        "Bodenablauf Profi: Rost passt nicht",
        "Rost ist drei Millimeter zu breit.",
        "64,00",
        {},
        tail="claim",
        channel="email",
    ),
    _complaint(
        0,
        "Zahnarztpraxis Dr. Ehlers",
        "Untertischspeicher 5 l: Leckage",
        "Unter dem Waschbecken steht Wasser.",
        "118,00",
        {},
        urgency=1,
    ),
)
