"""Process files for tests that use every word of the format."""

from __future__ import annotations

EVERYTHING = """\
process: alles
name: Alles
owner_team: service
number: A-{year}-{seq}
fields:
  betrag: {label: Betrag, type: money, min: 0, max: "9999,50"}
  menge: {label: Menge, type: number, min: 1, max: 12}
  eintritt: {label: Eintritt, type: date, min: 2026-01-01}
  kennung: {label: Kennung, pattern: "AA-99", min_length: 2, max_length: 9}
  themen: {label: Themen, type: multichoice, choices: {a: Anfang, b: Bau}}
  farbe: {label: Farbe, choices: {rot: Rot, blau: Blau}}
  anlage: {label: Anlage, type: file}
  wer: {label: Wer, type: person}
  kunde: {label: Kunde, type: customer}
  geprueft: {label: Geprüft, type: yesno}
  notiz: Notiz
start:
  fields: [betrag!, eintritt!, wer!, kunde!]
  next: pruefen
steps:
  pruefen:
    name: Prüfen
    team: service
    assign: round_robin
    not_same_as: [freigeben, stimmen]
    max_visits: 3
    approves: [betrag, menge]
    checklist:
      - text: Unterlagen gesichtet
        mandatory: true
        parts: [Vertrag!, {key: zwei, text: Anlage}]
      - Kopiert
    fields: [betrag=, menge, anlage~]
    outcomes:
      in-ordnung: {label: In Ordnung, next: warten, approval: true, cancels: [erinnern]}
      keine_antwort: {label: Keine Antwort, next: ende, after: 5d}
      spaet: {label: Spät, next: erinnern, after: {field: eintritt, offset: -5d}, interrupts: false}
      lang: {label: Zu lange, next: ende, after: {case: 10d}}
  warten: {name: Warten, wait: {step: pruefen, offset: 2d}, next: einholen}
  erinnern:
    name: Erinnern
    do: mail
    about: Damit niemand es vergisst.
    to: [customer, "team:service", "field:wer", chef@example.org]
    subject: Zu {number}
    text: |
      Guten Tag,
      es geht um {betrag}.
    next: setzen
    failed: {next: ende, label: Nicht zustellbar, cancels: warten}
  setzen:
    name: Setzen
    do: set
    values: {notiz: =kennung, menge: 5, geprueft: true, eintritt: today, farbe: Blau, kennung: null}
    next: melden
  melden:
    name: Melden
    do: webhook
    url: https://example.org/hook
    send: [betrag, menge]
    next: festhalten
    failed: ende
  festhalten: {name: Festhalten, do: interaction, channel: email, text: "Erinnert an {title}", next: ende}
  einholen:
    name: Einholen
    process: zuarbeit
    in: {summe: betrag}
    out: {notiz: ergebnis}
    outcomes:
      fertig: {label: Fertig, next: freigeben, ends: [ende, ende2]}
      schlecht: {label: Schlecht, next: ende, otherwise: true}
      dauert: {label: Dauert, next: ende, after: {date: 2026-12-31}}
  freigeben:
    name: Freigeben
    team: service
    assign: {from_field: wer}
    repeat: {persons: [a@example.org, b@example.org], one_after_another: true, quorum: 2}
    outcomes:
      ja: {label: Ja, next: stimmen}
      nein: {label: Nein, next: ende}
      keine: {label: Keine Einigung, next: ende, no_agreement: true}
  stimmen:
    name: Stimmen
    team: service
    assign: starter_lead
    repeat: {team: service, quorum: majority}
    outcomes:
      ja: {label: Ja, next: nachher}
      nein: {label: Nein, next: ende}
      keine: {label: Keine Einigung, next: ende, no_agreement: true}
  nachher: {name: Nachher, process: nachlauf, next: ende}
  ende: {kind: end, name: Fertig}
"""

PART = """\
process: zuarbeit
name: Zuarbeit
owner_team: service
fields:
  summe: {label: Summe, type: money}
  ergebnis: Ergebnis
start: {fields: [summe!], next: tun}
steps:
  tun:
    name: Tun
    team: service
    fields: [ergebnis]
    outcomes: {gut: ende, mittel: ende2, schlecht: ende3}
  ende: {kind: end, name: Gut}
  ende2: {kind: end, name: Mittel}
  ende3: {kind: end, name: Schlecht}
"""

AFTERWARDS = """\
process: nachlauf
name: Nachlauf
owner_team: service
start: {next: tun}
steps:
  tun: {name: Nacharbeiten, team: service, next: ende}
  ende: {kind: end, name: Gut}
"""
