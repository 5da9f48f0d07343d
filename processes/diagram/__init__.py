"""The picture of a process: a layered drawing from top to bottom, made on the server. Pure, no Django.

`model` is what a picture shows. `layering`, `ordering`, `measuring`, `placing`, `straightening` and `routing`
say where things are; `layout` puts them together. `drawing` and `symbols` write SVG, `listing` rows.

Why from top to bottom: words run from left to right, so a layer costs half as much height as it would cost
width, twice as many steps are seen at once, paper is upright, and a phone scrolls that way anyway.
"""
