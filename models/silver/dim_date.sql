with fact_attendance as (
    select date, counted_units, in_enrollment from silver.fact_attendance
),

fact_assessments as (
    select date from silver.fact_assessments
),

day_policy as (
    select
        valid_from,
        valid_to,
        year_start,
        cast(replace(year_start, '-', '') as integer) as year_start_month_day
    from reference.day_policy
    where school_id is null
),

marked as (
    select
        date,
        max(case when in_enrollment and counted_units > 0 then 1 else 0 end) as is_counted
    from fact_attendance
    group by date
),

bounds as (
    select min(date) as first_date, max(date) as last_date
    from (
        select date from marked
        union all
        select date from fact_assessments where date is not null
    ) as held
),

every_date as (
    select cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as date
    from bounds
    where first_date is not null
),

years as (
    select
        every_date.date,
        day_policy.year_start,
        extract(year from every_date.date)
        - case
            when
                extract(month from every_date.date) * 100 + extract(day from every_date.date)
                < day_policy.year_start_month_day
                then 1
            else 0
        end as start_year
    from every_date
    inner join day_policy
        on every_date.date >= day_policy.valid_from
        and every_date.date <= day_policy.valid_to
),

final as (
    select
        years.date,
        cast(
            extract(year from years.date) * 10000
            + extract(month from years.date) * 100
            + extract(day from years.date) as integer
        ) as date_key,
        case
            when years.year_start = '01-01' then cast(years.start_year as varchar)
            else cast(years.start_year as varchar) || '-'
                || right('0' || cast((years.start_year + 1) % 100 as varchar), 2)
        end as academic_year,
        cast(cast(years.start_year as varchar) || '-' || years.year_start as date) as academic_year_start,
        cast(extract(year from years.date) as integer) as year,
        cast(extract(month from years.date) as integer) as month,
        cast(date_trunc('month', years.date) as date) as month_start,
        iso_week_start(years.date) as week_start,
        cast(isodow(years.date) as integer) as day_of_week,
        isodow(years.date) >= 6 as is_weekend,
        coalesce(marked.is_counted, 0) = 1 as is_instructional
    from years
    left join marked on marked.date = years.date
)

select * from final
