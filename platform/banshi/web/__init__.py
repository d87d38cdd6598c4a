"""The pages and the API: forms from structs, templates, static parts, security headers, error pages; portal, desk, administration."""
