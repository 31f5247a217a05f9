with student_day as (
    select
        student_id,
        date,
        is_enrolled,
        is_instructional,
        status,
        absent_units,
        counted_units
    from silver.student_day
),

-- A month is cut where a school year begins in it; its days are bits, so that sets of days are numbers.
period as (
    select
        date,
        greatest(month_start, academic_year_start) as period_start,
        cast(power(2, extract(day from date)) as bigint) as day_bit
    from silver.dim_date
),

kind as (
    select
        student_day.student_id,
        period.period_start,
        student_day.is_enrolled,
        student_day.is_instructional,
        student_day.status,
        student_day.absent_units,
        student_day.counted_units,
        count(*) as days,
        min(student_day.date) as first_date,
        max(student_day.date) as last_date,
        bit_or(period.day_bit) as day_bits
    from student_day
    inner join period on period.date = student_day.date
    group by
        student_day.student_id,
        period.period_start,
        student_day.is_enrolled,
        student_day.is_instructional,
        student_day.status,
        student_day.absent_units,
        student_day.counted_units
),

ended as (
    select
        student_id,
        period_start,
        is_enrolled,
        is_instructional,
        status,
        absent_units,
        counted_units,
        days,
        first_date,
        last_date,
        day_bits,
        max(case when counted_units > 0 and absent_units = 0 then last_date end)
            over (partition by student_id, period_start) as last_present_date
    from kind
),

final as (
    select
        student_id,
        period_start as date,
        is_enrolled,
        is_instructional,
        status,
        absent_units,
        counted_units,
        days,
        first_date,
        last_date,
        case
            when absent_units = 0 then 0
            when last_present_date is null then days
            -- The bits above that of the last present day.
            else bit_count(
                day_bits & cast(power(2, 32) - power(2, extract(day from last_present_date) + 1) as bigint)
            )
        end as days_after_present
    from ended
)

select * from final
