"""The tools of the Flask OAuth Workbook. You can do the course without reading them."""
