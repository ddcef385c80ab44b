#!/usr/bin/env node
import "../dist/mtuid.mjs";
