//! Shares by users.

use udal::{Action, Changed, Receiver, Share, TenantSlug, Udal};

use crate::failure::Failure;
use crate::output::Output;
use crate::session::acting_as;

/// A share that a user makes or ends.
pub(crate) struct Sharing {
    pub(super) user: String,
    pub(super) record: String,
    pub(super) with: Receiver,
    /// How it is shared; none where the share ends.
    pub(super) share: Option<Share>,
}

/// Shares the record, or ends its share, as the user.
pub(super) async fn run(
    tenant: &TenantSlug,
    sharing: Sharing,
    udal: &Udal,
    output: &mut Output,
) -> Result<Changed, Failure> {
    let Sharing { user, record, with, share } = sharing;
    let permission = udal.service().catalog().model_of(&record)?.permission(Action::Share);
    let ctx = acting_as(udal, tenant.clone(), &user, &permission, output).await?;
    Ok(match share {
        Some(share) => udal.share_record(&ctx, &record, with, share).await?,
        None => udal.unshare_record(&ctx, &record, with).await?,
    })
}
