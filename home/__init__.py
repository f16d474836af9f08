"""The home page, plain pages, site settings, menu, breadcrumbs, sitemap, robots.txt and security.txt."""
