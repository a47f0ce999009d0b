# Writes the properties of a fatbin: TEMPLATE with the digest of FATBIN, to PROPERTIES.
file(SHA256 ${FATBIN} digest)
configure_file(${TEMPLATE} ${PROPERTIES} @ONLY)
