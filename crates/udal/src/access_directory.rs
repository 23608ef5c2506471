//! Access directories: who may do what in a tenant.

use udal_access::{Change, Directory, diff};
use udal_core::access::{AccessContext, Permission};
use udal_core::{Context, Error, ErrorKind, Result, TenantSlug, nearest};
use udal_pgaccess::{Changed, Contexts, Expected, Stored};

use crate::Udal;

/// What a file would change, and the state of the directory that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPlan {
    /// The generation that was looked at: the one to expect when it is applied.
    pub generation: i64,
    /// The steps, in the order in which they would be taken.
    pub changes: Vec<Change>,
}

impl Udal {
    /// Everything that `user` may do in `tenant`: for queries, which are about several models. Of each model they see what they
    /// may view. As remembered, and as soon changed, as [`build_access_context`](Udal::build_access_context).
    ///
    /// # Errors
    /// As for [`build_access_context`](Udal::build_access_context).
    pub async fn build_query_context(&self, user: &str, tenant: &TenantSlug) -> Result<AccessContext> {
        self.contexts()?.get_all(tenant, user).await
    }

    /// The access of `user` in `tenant`, for the permission that they are about to use.
    ///
    /// Where they do not hold it, are not there, act in no team, or the tenant has no directory, it is the access of somebody
    /// who sees nothing and writes nothing. It is worked out once and remembered; what changed in the directory is in it after
    /// less than a second, whichever process changed it. So ask for it anew for each request.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a user's id that cannot be one; [`Unavailable`](ErrorKind::Unavailable)
    /// where the platform's database does not answer: what it last said is used for less than a second.
    /// [`Unsupported`](ErrorKind::Unsupported) where records are kept in memory.
    pub async fn build_access_context(
        &self,
        user: &str,
        tenant: &TenantSlug,
        permission: &Permission,
    ) -> Result<AccessContext> {
        let access = self.contexts()?.get(tenant, user, permission).await?;
        if access.permissions().is_empty() {
            let ctx = Context::new(tenant.clone(), access.clone());
            self.note_denial(&ctx, "build_access_context", Some(permission.to_string())).await;
        }
        Ok(access)
    }

    /// The tenant's access directory; an empty one where it has none.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) where there is no such tenant; what the database says.
    pub async fn access_directory(&self, tenant: &TenantSlug) -> Result<Stored> {
        self.needs_tenant(tenant).await?;
        self.contexts()?.store().read(tenant).await
    }

    /// What would change if the tenant's directory became this one.
    ///
    /// # Errors
    /// As [`access_directory`](Udal::access_directory).
    pub async fn plan_access(&self, tenant: &TenantSlug, directory: &Directory) -> Result<AccessPlan> {
        let Stored { generation, directory: old } = self.access_directory(tenant).await?;
        Ok(AccessPlan { generation, changes: diff(&old, directory) })
    }

    /// Changes the directory of the context's tenant to what `edit` makes of it, whole or not at all. It is in the audit log with
    /// it.
    ///
    /// # Errors
    /// What `edit` says; [`Denied`](ErrorKind::Denied) to users; [`NotFound`](ErrorKind::NotFound) where there is no such tenant;
    /// [`VersionConflict`](ErrorKind::VersionConflict) where the directory is not as `expected` any more;
    /// [`InvalidInput`](ErrorKind::InvalidInput) where it would not be whole, or not fit the models; what the database says.
    pub async fn change_access(
        &self,
        ctx: &Context,
        expected: Expected,
        edit: impl FnOnce(Directory) -> Result<Directory> + Send,
    ) -> Result<Changed> {
        let tenant = ctx.tenant();
        if ctx.access().system_task().is_none() {
            self.note_denial(ctx, "change_access", None).await;
            let error = Error::new(ErrorKind::Denied, "the access directory is changed by the system only");
            return Err(error.hint("ask the operator"));
        }
        self.needs_tenant(tenant).await?;
        let contexts = self.contexts()?;
        let changed = contexts.store().change(ctx, expected, edit).await;
        // Where the answer was lost, too, it may have changed.
        contexts.forget(tenant);
        changed
    }

    /// Removes the tenant's directory, which goes before its records: a tenant that is made again starts without one.
    pub(crate) async fn drop_access(&self, tenant: &TenantSlug) -> Result<()> {
        let Some(contexts) = self.access() else { return Ok(()) };
        contexts.store().remove(tenant).await?;
        contexts.forget(tenant);
        Ok(())
    }

    pub(crate) fn contexts(&self) -> Result<&Contexts> {
        self.access().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "there is no access directory: records are kept in memory")
                .hint("keep them in PostgreSQL, or make the access context yourself")
        })
    }

    pub(crate) async fn needs_tenant(&self, tenant: &TenantSlug) -> Result<()> {
        let tenants = self.tenants().await?;
        if tenants.iter().any(|known| known.slug == *tenant) {
            return Ok(());
        }
        let near = nearest(tenant.as_str(), tenants.iter().map(|known| known.slug.as_str()));
        Err(Error::new(ErrorKind::NotFound, format!("there is no tenant `{tenant}`")).near(near))
    }
}
