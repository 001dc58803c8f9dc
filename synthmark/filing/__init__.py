"""The documents for an algorithm filing (算法备案), made from what the configured labelling really does.

The way through the package: `company` (what only the company knows), `runs` (label and attack samples, which
`extracting` lets the extract tool read) and `results` (measured before by the benchmarks) give the `facts`; `fields`,
`tables`, `checklist` and `figures` turn them into what the templates ask for; `templates` and `document` make
documents of headings, paragraphs, tables and figures; `writers` write them as Markdown, PDF and DOCX; `pack` puts the
folder together.
"""
