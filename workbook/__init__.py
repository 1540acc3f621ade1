"""The tools of the Flask OAuth Workbook. Nothing here has to be read to do the course."""
