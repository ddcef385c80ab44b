#!/usr/bin/env node
import "../dist/mtuictl.mjs";
