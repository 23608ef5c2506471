//! Sharing of single records, by users who may share them.

use udal_access::{Directory, LEVELS, Receiver, Share};
use udal_core::access::ShareLevel;
use udal_core::contract::refusal::not_found;
use udal_core::{Action, Context, Error, ErrorKind, Result, shorten};
use udal_pgaccess::{Changed, Expected};

use crate::Udal;

impl Udal {
    /// Shares a record with a user or a team, in this way and no other: for the system, and for users who may share the record.
    ///
    /// A user shares no more than they may do themselves, and takes away no share that allows more than that. What is shared is in
    /// the tenant's access directory, and in the audit log with it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) for a record that the asker does not see, as for one that is not there;
    /// [`Denied`](ErrorKind::Denied) where they may not share it so; [`InvalidInput`](ErrorKind::InvalidInput) for a receiver who
    /// is not there; what the database says.
    pub async fn share_record(&self, ctx: &Context, record: &str, with: Receiver, share: Share) -> Result<Changed> {
        let held = self.shareable(ctx, record, "share_record").await?;
        let id = record.to_owned();
        let edit = move |mut directory: Directory| {
            check_receiver(&directory, &with)?;
            check_level(held, share.level)?;
            check_replaced(&directory, held, &id, &with)?;
            directory.share(&id, with, share);
            Ok(directory)
        };
        self.change_shares(ctx, edit).await
    }

    /// Ends the share of a record with a user or a team: for the system, and for users who may share the record.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) where it is not shared so; as for [`share_record`](Udal::share_record).
    pub async fn unshare_record(&self, ctx: &Context, record: &str, with: Receiver) -> Result<Changed> {
        let held = self.shareable(ctx, record, "unshare_record").await?;
        let id = record.to_owned();
        let edit = move |mut directory: Directory| {
            check_replaced(&directory, held, &id, &with)?;
            directory.unshare(&id, &with)?;
            Ok(directory)
        };
        self.change_shares(ctx, edit).await
    }

    async fn change_shares(
        &self,
        ctx: &Context,
        edit: impl FnOnce(Directory) -> Result<Directory> + Send,
    ) -> Result<Changed> {
        let contexts = self.contexts()?;
        let changed = contexts.store().change(ctx, Expected::Any, edit).await;
        if let Err(error) = &changed
            && error.kind() == ErrorKind::Denied
        {
            self.note_denial(ctx, "share_record", None).await;
        }
        // Where the answer was lost, too, it may have changed.
        contexts.forget(ctx.tenant());
        changed
    }

    /// The highest level at which the asker may share the record.
    async fn shareable(&self, ctx: &Context, id: &str, operation: &'static str) -> Result<ShareLevel> {
        self.needs_tenant(ctx.tenant()).await?;
        let model = self.service().catalog().model_of(id)?;
        let records = self.service().records(model.group(), model.name())?;
        for (_, level) in LEVELS.into_iter().rev() {
            if records.permits(ctx, id, &needed(level)).await? {
                return Ok(level);
            }
        }
        if !records.permits(ctx, id, &[]).await? {
            return Err(not_found(id));
        }
        self.note_denial(ctx, operation, Some(id.to_owned())).await;
        let permission = model.permission(Action::Share);
        let denied = Error::new(ErrorKind::Denied, format!("you may not share the record `{}`", shorten(id)));
        Err(denied.hint(format!("it takes the permission `{permission}`, and the record within its reach")))
    }
}

/// What one may do who shares a record at this level.
fn needed(level: ShareLevel) -> Vec<Action> {
    let shared = Action::ALL.into_iter().filter(|action| level.allows(*action) && *action != Action::Share);
    std::iter::once(Action::Share).chain(shared).collect()
}

fn check_level(held: ShareLevel, wanted: ShareLevel) -> Result<()> {
    if wanted <= held {
        return Ok(());
    }
    let message = format!("you may not share the record for `{}`", wanted.name());
    Err(Error::new(ErrorKind::Denied, message).hint(format!("share it for `{}`", held.name())))
}

/// What others shared for more than the asker may do is not theirs to take away.
fn check_replaced(directory: &Directory, held: ShareLevel, id: &str, with: &Receiver) -> Result<()> {
    match directory.shares.get(&(id.to_owned(), with.clone())) {
        Some(share) if share.level > held => {
            let message =
                format!("the record is shared with `{}` for more than you may do", shorten(&with.to_string()));
            Err(Error::new(ErrorKind::Denied, message).hint("ask whoever may do all of that"))
        }
        _ => Ok(()),
    }
}

/// Of who else is there nothing is told.
fn check_receiver(directory: &Directory, with: &Receiver) -> Result<()> {
    let is_there = match with {
        Receiver::User(user) => directory.users.contains_key(user),
        Receiver::Team(team) => directory.teams.contains_key(team),
    };
    let missing = || Error::invalid(format!("there is no `{}` to share with", shorten(&with.to_string())));
    if is_there { Ok(()) } else { Err(missing().hint("write the id as the platform knows it")) }
}
