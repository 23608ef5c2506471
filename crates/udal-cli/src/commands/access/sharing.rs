//! Shares by users.

use udal::{Action, Changed, Context, Error, ErrorKind, Receiver, Share, TenantSlug, Udal, shorten};

use crate::failure::Failure;

/// A share that a user makes or ends.
pub(crate) struct Sharing {
    pub(super) user: String,
    pub(super) record: String,
    pub(super) with: Receiver,
    /// How it is shared; none where the share ends.
    pub(super) share: Option<Share>,
}

/// Shares the record, or ends its share, as the user.
pub(super) async fn run(tenant: &TenantSlug, sharing: Sharing, udal: &Udal) -> Result<Changed, Failure> {
    let Sharing { user, record, with, share } = sharing;
    let name = record.split('/').next().unwrap_or_default();
    let mut models = udal.service().catalog().models();
    let Some(model) = models.find(|model| model.name() == name) else {
        let missing = Error::new(ErrorKind::NotFound, format!("there is no record `{}`", shorten(&record)));
        return Err(missing.hint("write its whole id, such as `AppCRMAccount/acme-123`").into());
    };
    let access = udal.build_access_context(&user, tenant, &model.permission(Action::Share)).await?;
    let ctx = Context::new(tenant.clone(), access);
    Ok(match share {
        Some(share) => udal.share_record(&ctx, &record, with, share).await?,
        None => udal.unshare_record(&ctx, &record, with).await?,
    })
}
