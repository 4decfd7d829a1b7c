"""Pages of exchanges: the catalogue and programmes for everybody, offers for hosts, cases for their parties."""
