"""Published networks, trunks only, with the endpoints of the table of Araujo, Norris & Sim (2019)."""
