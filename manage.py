#!/usr/bin/env python3
"""Django's command line for Prozesstool."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prozesstool.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # The message names the variable to set; where in our code it was raised helps nobody.
        sys.exit(str(error))
