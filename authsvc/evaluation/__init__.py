"""Error rates by ISO/IEC 19795-1 and 30107-3, and the records that an acr stands on."""
