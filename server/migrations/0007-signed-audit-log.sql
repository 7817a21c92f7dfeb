-- The chain of the audit log is signed with a key made from the server's secret. What is there stays as it is: the
-- program ends every chain that is not signed yet with a signed entry, once, at its first start after this.

-- Signature over the organization, the last entry and its hash; null until the chain is signed.
alter table audit_heads add column seal text;

-- One row: when the chains were signed, and a signature over it.
create table audit_signing (
  only_row boolean primary key default true check (only_row),
  signed_at timestamptz not null,
  chains integer not null,
  seal text not null
);
