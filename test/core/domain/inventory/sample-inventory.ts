/**
 * The inventory that the tests of this folder, of testplatforms and of slots share: two buckets whose
 * names mean nothing, a name that comes twice, a port, lower case, a row without name.
 */
export const SAMPLE_INVENTORY = `# two buckets
default:
  - name: amber.example.com
    arch: x86_64
    product:
      name: SLES
      version: {major: 15, minor: SP6}
    addons:
      - name: sle-module-basesystem
        version: {major: 15, minor: SP6}
      - name: sle-module-server-applications
        version: {major: 15, minor: SP6}
  - name: basalt.example.com
    arch: x86_64
    product:
      name: SLES
      version: {major: 15, minor: SP6}
    addons:
      - name: sle-module-basesystem
        version: {major: 15, minor: SP6}
      - name: sle-module-containers
        version: {major: 15, minor: SP6}
      - name: qa
  - name: cobalt.example.com
    arch: aarch64
    product: {name: SLES, version: {major: 15, minor: SP6}}
    addons:
      - name: sle-module-basesystem
        version: {major: 15, minor: SP6}
  - name: dolomite.example.com
    arch: x86_64
    product: {name: SLES, version: {major: 12, minor: SP5}}
    addons:
      - {name: SLES-LTSS, version: {major: 12, minor: SP5}}
  - name: emerald.example.com:2222
    arch: x86_64
    product: {name: SLES, version: {major: 15, minor: SP5}}
elsewhere:
  - name: flint.example.com
    arch: x86_64
    product: {name: SL-Micro, version: {major: 6, minor: 1}}
  - name: garnet.example.com
    arch: x86_64
    product: {name: SLES, version: {major: 16, minor: 0}}
    addons:
      - {name: sle-ha, version: {major: 16, minor: 0}}
  - name: halite.example.com
    arch: x86_64
    product: {name: sles, version: {major: 15, minor: sp6}}
  - name: iolite.example.com
    arch: s390x
    product: {name: SLES, version: {major: 15}}
  - name: amber.example.com
    arch: x86_64
    product: {name: SLES, version: {major: 15, minor: SP7}}
  - arch: x86_64
    product: {name: SLES}
`;
