"""What does not come with Python, or a line that says where it comes from."""

import sys

try:
    import yaml
except ImportError:
    print("experiments/external needs PyYAML: scripts/setup --extras calibrate, or the package python3-yaml",
          file=sys.stderr)
    sys.exit(2)

__all__ = ["yaml"]
