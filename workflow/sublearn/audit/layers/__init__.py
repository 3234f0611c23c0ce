"""What the audit looks at, a module a layer: cheap ones first, and each usable alone."""
