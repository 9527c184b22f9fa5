"""Changing the installer: planned first, carried out by one patch, put back by its record.

Words: a *plan* has run nothing; *objections* speak against it; the *record* is what an undo needs;
*leftovers* are what earlier changes left in the Deployment. Looking alone belongs above and below.
"""
