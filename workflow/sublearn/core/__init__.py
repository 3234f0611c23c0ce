"""What everything uses: files and tables, outputs, records, sections, registries, claims, drawing."""
