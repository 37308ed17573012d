"""A release: an archive that is installed as it is, what it is made of, whose that is, and a signature.

locked.py    what the locks pin
bill.py      the bill of materials (CycloneDX)
notices.py   the licences of what is carried
archive.py   the files, packed so that the same commit gives the same bytes
signing.py   hashes, and an SSH signature over them
"""
