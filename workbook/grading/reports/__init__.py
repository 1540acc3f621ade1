"""What comes out of grading a class: tables and pages."""
