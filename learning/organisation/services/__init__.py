"""Every change of people, units, roles and accounts, each one audited."""
