//! Every mutant with the clauses that it breaks.

use udal_core::model::StorageKind;

use crate::wrong::Fault;

/// A wrong backend, and what the suite must find wrong with it.
pub(crate) struct Mutant {
    pub(crate) fault: Fault,
    /// As what it is asked to keep models.
    pub(crate) storage: StorageKind,
    pub(crate) clauses: &'static [&'static str],
}

const fn tables(fault: Fault, clauses: &'static [&'static str]) -> Mutant {
    Mutant { fault, storage: StorageKind::Postgresql, clauses }
}

const fn documents(fault: Fault, clauses: &'static [&'static str]) -> Mutant {
    Mutant { fault, storage: StorageKind::Terminusdb, clauses }
}

/// Every clause of the contract is broken by one of these at least.
pub(crate) const MUTANTS: &[Mutant] = &[
    tables(Fault::GetFindsNothing, &["GET-1"]),
    tables(Fault::GetIgnoresCase, &["GET-2"]),
    tables(Fault::GetIgnoresReach, &["GET-3"]),
    tables(Fault::ListIgnoresFilter, &["LIST-1"]),
    tables(Fault::ListIgnoresReach, &["LIST-1", "LIST-8"]),
    tables(Fault::ListBreaksTiesDownwards, &["LIST-2"]),
    tables(Fault::ListSortsMissingLast, &["LIST-3"]),
    tables(Fault::ListSortsIgnoringCase, &["LIST-4"]),
    tables(Fault::ListDropsLimit, &["LIST-5"]),
    tables(Fault::ListHasNeverMore, &["LIST-5"]),
    tables(Fault::ListSkipsOneMore, &["LIST-6"]),
    tables(Fault::ListRepeatsThePosition, &["LIST-7"]),
    tables(Fault::ListFiltersAfterTheLimit, &["LIST-8"]),
    tables(Fault::NotEqualIsTrueOfMissing, &["FILTER-1"]),
    tables(Fault::NotInIsTrueOfMissing, &["FILTER-2"]),
    tables(Fault::EverythingIsInNothing, &["FILTER-2"]),
    tables(Fault::AtLeastIsMore, &["FILTER-3"]),
    tables(Fault::PercentIsAWildcard, &["FILTER-4"]),
    tables(Fault::StartsWithIsContains, &["FILTER-5"]),
    tables(Fault::HasIsNotEmpty, &["FILTER-6"]),
    tables(Fault::EmptyIsNull, &["FILTER-7"]),
    tables(Fault::NotIsThreeValued, &["FILTER-8"]),
    tables(Fault::OrOfNothingIsTrue, &["FILTER-9"]),
    tables(Fault::SystemFieldsAreNotFiltered, &["FILTER-10"]),
    tables(Fault::CountIgnoresFilter, &["COUNT-1"]),
    tables(Fault::CountIgnoresReach, &["COUNT-1"]),
    tables(Fault::SearchIgnoresReach, &["SEARCH-1"]),
    tables(Fault::SearchFindsAnyWord, &["SEARCH-1"]),
    tables(Fault::SearchMindsCase, &["SEARCH-2"]),
    tables(Fault::SearchAnswersBackwards, &["SEARCH-3"]),
    tables(Fault::SearchDropsLimit, &["SEARCH-3"]),
    tables(Fault::SearchHasWildcards, &["SEARCH-4"]),
    tables(Fault::FloatsAreSingle, &["VALUE-1"]),
    tables(Fault::TimesAreWholeSeconds, &["VALUE-1"]),
    tables(Fault::EmptyTextIsMissing, &["VALUE-2"]),
    tables(Fault::SetsLoseTheirOrder, &["VALUE-3"]),
    tables(Fault::ListsAreSorted, &["VALUE-3"]),
    tables(Fault::CreateForgetsAssignees, &["CREATE-1"]),
    tables(Fault::CreateOverwrites, &["CREATE-2"]),
    tables(Fault::CreateLooksThenWrites, &["CREATE-2"]),
    tables(Fault::CreateIgnoresTheKey, &["CREATE-3"]),
    tables(Fault::ReplayAnswersTheRecordNow, &["CREATE-3"]),
    tables(Fault::CreateIgnoresTheFingerprint, &["CREATE-4"]),
    tables(Fault::CreateIgnoresReach, &["CREATE-5"]),
    tables(Fault::UpdateReplacesTheWhole, &["UPDATE-1"]),
    tables(Fault::UpdateReadsThenWrites, &["UPDATE-2"]),
    tables(Fault::UpdateIgnoresTheVersion, &["UPDATE-3"]),
    tables(Fault::UpdateIgnoresReach, &["UPDATE-4", "UPDATE-5"]),
    tables(Fault::UpdateGivesAway, &["UPDATE-5"]),
    tables(Fault::DeleteKeepsTheRecord, &["DELETE-1"]),
    tables(Fault::DeleteIgnoresReach, &["DELETE-2"]),
    tables(Fault::DeleteIgnoresTheVersion, &["DELETE-3"]),
    tables(Fault::AtomicKeepsTheGoodItems, &["BATCH-1"]),
    tables(Fault::PerItemIsAtomic, &["BATCH-2"]),
    tables(Fault::TheLastOfTwoWins, &["BATCH-3"]),
    tables(Fault::BatchStopsAtTenThousand, &["BATCH-4"]),
    tables(Fault::BatchIgnoresStreamErrors, &["BATCH-5"]),
    tables(Fault::BatchEndsWhereTheStreamFails, &["BATCH-5"]),
    tables(Fault::BatchIgnoresReach, &["BATCH-6"]),
    tables(Fault::TenantsShareRecords, &["TENANT-1"]),
    tables(Fault::ReadsMakeTenants, &["TENANT-2"]),
    tables(Fault::WritesMakeNoTenant, &["TENANT-3"]),
    tables(Fault::CreateTenantMadeItAlways, &["TENANT-4"]),
    tables(Fault::DropTenantKeepsRecords, &["TENANT-5"]),
    tables(Fault::EveryoneWritesShared, &["TENANT-6"]),
    documents(Fault::LinksAreNotChecked, &["LINK-1", "LINK-3"]),
    documents(Fault::BatchLinksLeadBackOnly, &["LINK-2"]),
    documents(Fault::DeleteLeavesLinks, &["LINK-3", "LINK-4"]),
    documents(Fault::DeleteNamesNothing, &["LINK-4"]),
    documents(Fault::LinksAreCheckedBefore, &["LINK-5"]),
    documents(Fault::ReferencesAreChecked, &["LINK-6"]),
    tables(Fault::ReferencesAreChecked, &["LINK-6"]),
];
