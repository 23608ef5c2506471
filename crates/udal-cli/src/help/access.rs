//! Examples and explanations of the commands about access.

pub(crate) const PLAN: &str = "\
Examples:
  udal access plan policies.yaml --tenant acme
  udal access plan policies.yaml --tenant acme --format json

Nothing is changed. Each step is a line: + for what comes, - for what goes, ~ for what says something else. The exit code is
10 where something differs. Every error of the file is listed with its line and how to mend it; the exit code is then 3.

With --format json the answer is {\"tenant\", \"generation\", \"changes\": [{\"change\", \"kind\", \"name\", \"details\"}]}.";

pub(crate) const APPLY: &str = "\
Examples:
  udal access apply policies.yaml --tenant acme
  udal access apply policies.yaml --tenant acme --yes

The difference is shown first. All of it is done or nothing; where the directory was changed after the difference was
shown, nothing is done, and the exit code is 5. What the file does not say goes: `udal access export` writes what there is.";

pub(crate) const SHOW: &str = "\
Examples:
  udal access show --tenant acme
  udal access show --tenant acme --format csv";

pub(crate) const EXPORT: &str = "\
Examples:
  udal access export --tenant acme > policies.yaml

What is exported and applied again changes nothing. The order is always the same, so that git shows what changed.";

pub(crate) const GRANT: &str = "\
Examples:
  udal access grant crm.accounts.view --to role:auditor --tenant acme
  udal access grant crm.accounts.update --to user:jane --when '{\"status\":{\"in\":[\"prospect\",\"active\"]}}' --tenant acme

A permission is a group, a model's permission name and an action, each by name or *: actions are view, create, update,
delete, transfer and share. Conditions are equals, not_equals, in, not_in and contains; all must hold, and a missing
value meets none of them.";

pub(crate) const REVOKE: &str = "\
Examples:
  udal access revoke crm.accounts.view --from role:auditor --tenant acme

It is gone within a second, in every process. What a role holds is taken from the role.";

pub(crate) const SHARE: &str = "\
Examples:
  udal access share AppCRMAccount/acme-123 --with user:jane --tenant acme
  udal access share AppCRMAccount/acme-123 --with team:support --level edit --until 2027-01-01T00:00:00Z --tenant acme
  udal access share AppCRMAccount/acme-123 --with user:otto --tenant acme --user jane

The record is then in their reach, whosever it is: to see it, with `edit` to change it, with `full` to do what its owner
may. They need the permission all the same. With `--user` it is done as that user, who needs the permission to share it, and
shares no more than they may do themselves.";

pub(crate) const UNSHARE: &str = "\
Examples:
  udal access unshare AppCRMAccount/acme-123 --with user:jane --tenant acme";

pub(crate) const USER_SET: &str = "\
Examples:
  udal access user set jane --name \"Jane Peacock\" --reports-to nancy --tenant acme
  udal access user set jane --team sales --tenant acme

What is not named stays as it is.";

pub(crate) const USER_REMOVE: &str = "\
Examples:
  udal access user remove jane --tenant acme

It is refused while others report to them.";

pub(crate) const TEAM_SET: &str = "\
Examples:
  udal access team set sales --ownership hierarchical --tenant acme

Members see, with team_wide (the default), the team's records; with owner_only what they own; with assigned_only also what
they are assigned to; with hierarchical also what those who report to them own, at any depth.";

pub(crate) const TEAM_REMOVE: &str = "\
Examples:
  udal access team remove sales --tenant acme";

pub(crate) const MEMBER_SET: &str = "\
Examples:
  udal access member set sales jane --roles editor --tenant acme
  udal access member set sales nancy --roles admin,auditor --tenant acme

Every tenant has the roles viewer (view), editor (view, create, update, delete) and admin (everything).";

pub(crate) const MEMBER_REMOVE: &str = "\
Examples:
  udal access member remove sales jane --tenant acme";

pub(crate) const AUDIT_LIST: &str = "\
Examples:
  udal audit list --tenant acme --user jane
  udal audit list --tenant acme --kind denial --since 2026-01-01T00:00:00Z
  udal audit list --tenant acme --model crm.AppCRMAccount --all --format csv > audit.csv

Noted are writes, denials, changes of permissions, tasks of the system, and what is read of models that say
`audit_reads: true`; never a value of a record. A batch is an entry with the number of its records for each part that was
written. `udal tenant maintain` forgets what is older than `audit_days` of the configuration: 400 days.";

pub(crate) const EXPLAIN: &str = "\
Examples:
  udal access explain --user jane --permission crm.AppCRMAccount.update --tenant acme
  udal access explain --user jane --permission crm.AppCRMAccount.view --record AppCRMAccount/acme-123 --tenant acme

Every rule that has a say is a line: + for what says yes, - for what is missing. Then follow what must be true of a record,
the statement that the storage gets for a list, and its plan where PostgreSQL makes one. With --format json the answer is
{\"permitted\", \"considered\": [{\"question\", \"rule\", \"outcome\", \"why\"}], \"predicate\", \"statement\", \"plan\"}.";
