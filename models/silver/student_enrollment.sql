with student_spell as (
    select
        student_id,
        from_date,
        to_date,
        class_id,
        class_basis,
        is_enrolled,
        starts_at_first_fact,
        ends_at_last_fact
    from silver.student_spell
),

fact_attendance as (
    select student_id, date from silver.fact_attendance
),

fact_assessments as (
    select student_id, date from silver.fact_assessments
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

-- Only these need their facts read.
bounded_by_facts as (
    select distinct student_id
    from student_spell
    where starts_at_first_fact or ends_at_last_fact
),

fact_span as (
    select student_id, min(first_date) as first_date, max(last_date) as last_date
    from (
        select student_id, min(date) as first_date, max(date) as last_date
        from fact_attendance
        where student_id in (select student_id from bounded_by_facts)
        group by student_id

        union all

        select student_id, min(date) as first_date, max(date) as last_date
        from fact_assessments
        where date is not null and student_id in (select student_id from bounded_by_facts)
        group by student_id
    ) as spans
    group by student_id
),

dated_span as (
    select
        fact_span.student_id,
        fact_span.last_date,
        cast(
            cast(
                extract(year from fact_span.first_date)
                - case
                    when
                        extract(month from fact_span.first_date) * 100 + extract(day from fact_span.first_date)
                        < day_policy.year_start_month_day
                        then 1
                    else 0
                end as varchar
            ) || '-' || day_policy.year_start as date
        ) as first_year_start
    from fact_span
    inner join day_policy
        on fact_span.first_date >= day_policy.valid_from
        and fact_span.first_date <= day_policy.valid_to
),

bounded as (
    select
        student_spell.student_id,
        student_spell.class_id,
        student_spell.class_basis,
        case
            when student_spell.starts_at_first_fact
                -- Null without a fact: then nothing shows that the student was there.
                then case
                    when dated_span.first_year_start is not null
                        then greatest(student_spell.from_date, dated_span.first_year_start)
                end
            else student_spell.from_date
        end as start_date,
        case
            when student_spell.ends_at_last_fact
                then case
                    when dated_span.last_date is not null then least(student_spell.to_date, dated_span.last_date)
                end
            else student_spell.to_date
        end as end_date
    from student_spell
    left join dated_span on dated_span.student_id = student_spell.student_id
    where student_spell.is_enrolled
),

final as (
    select
        student_id,
        start_date,
        end_date,
        class_id,
        class_basis
    from bounded
    where start_date <= end_date
)

select * from final
