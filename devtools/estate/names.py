"""Names that an estate's people and relying parties are drawn from; with accents, as people have them."""

from typing import Final


def _each(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN: Final = _each(
    "Ada Aïcha Åsa Björn Carlos Chloë Dmitri Élodie Emre Fatima François Grace Gülşen Hana Håkon Ines Ioana "
    "Jørgen José Katarzyna Lærke Li Łucja Maja Marie Mateo Ngọc Noé Oluwaseun Óscar Priya Rachel Renée Ṣọlá "
    "Sofía Søren Thérèse Ülo Vera Wei Xochitl Yasmin Zoë Zuzana"
)
FAMILY: Final = _each(
    "Ångström Bakker Bauer Brânză Çelik Cohen Dubois Eriksson Fernández Fischer Gagné García Gößmann Hansen "
    "Haddad Ibáñez Ivanova Jansen Kowalczyk Krüger Kučera Lefèvre Lindström Łukasik Martínez Møller Müller "
    "Nagy Nakamura Nguyễn Novák Núñez O’Brien Okafor Öztürk Papadopoulos Pereira Petrović Quintana Rossi "
    "Sørensen Şahin Szabó Tanaka Țurcanu Ødegård Valdés Weiß Yılmaz Zieliński"
)
PARTIES: Final = _each("Bakery Bank Café Clinic Council Harbour Library Museum Post Rail Škola Théâtre")
